/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/heartbeat.c: which pages are believed, and what is newer than what.
 */
#include "proto/heartbeat.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/proto/pages.h"

static void refused(const struct heartbeat *page, const char *because)
{
	struct error error = {CODE_OK, ""};

	ck_assert_int_eq(heartbeat_check(page, &error), CODE_INVALID);
	ck_assert_int_eq(error.code, CODE_INVALID);
	ck_assert_msg(strstr(error.text, because) != NULL, "\"%s\" does not say \"%s\"", error.text,
	              because);
}

static void believed(const struct heartbeat *page)
{
	struct error error = {CODE_OK, ""};
	ck_assert_msg(heartbeat_check(page, &error) == CODE_OK, "%s", error.text);
}

static struct heartbeat page_with_role(void)
{
	struct heartbeat page = page_plain();
	page.roles[page.role_count++] = role_largest(20);
	return page;
}

START_TEST(a_stamp_is_newer_by_incarnation_first_and_then_by_seq)
{
	ck_assert(stamp_newer((struct stamp){2, 1}, (struct stamp){1, 900}));
	ck_assert(!stamp_newer((struct stamp){1, 900}, (struct stamp){2, 1}));
	ck_assert(stamp_newer((struct stamp){1, 3}, (struct stamp){1, 2}));
	ck_assert(!stamp_newer((struct stamp){1, 2}, (struct stamp){1, 2}));
	ck_assert(stamp_newer((struct stamp){1, 0}, (struct stamp){0, 0}));
	ck_assert(stamp_equal((struct stamp){1, 2}, (struct stamp){1, 2}));
	ck_assert(!stamp_equal((struct stamp){1, 2}, (struct stamp){2, 2}));
	ck_assert(!stamp_equal((struct stamp){1, 2}, (struct stamp){1, 3}));
}
END_TEST

START_TEST(a_record_is_newer_by_epoch_first_and_then_by_counter)
{
	struct record old = {1, 9, WANTED_STOPPED}, new = {2, 1, WANTED_STARTED};
	struct record same = {2, 1, WANTED_STOPPED}, next = {2, 2, WANTED_STARTED};

	ck_assert(record_newer(&new, &old) && !record_newer(&old, &new));
	ck_assert(record_newer(&next, &new) && !record_newer(&new, &next));
	ck_assert(!record_newer(&new, &same) && !record_newer(&same, &new));
}
END_TEST

START_TEST(a_plain_page_and_a_crowded_one_are_believed)
{
	struct heartbeat page = page_plain();
	believed(&page);
	page = page_crowded();
	believed(&page);
	page = page_with_role();
	believed(&page);
}
END_TEST

START_TEST(a_page_of_no_cluster_or_sender_or_incarnation_is_refused)
{
	struct heartbeat page = page_plain();

	page.cluster = 0;
	refused(&page, "cluster or sender");
	page = page_plain();
	page.sender = 0;
	refused(&page, "cluster or sender");
	page = page_plain();
	page.stamp.incarnation = 0;
	refused(&page, "incarnation 0");
}
END_TEST

START_TEST(a_timing_that_cannot_be_meant_is_refused)
{
	static const struct {
		int64_t heartbeat_ms, lease_ms, release_ms;
		const char *because;
	} rows[] = {
	    {0, 2000, 500, "heartbeat"},     {-1, 2000, 500, "heartbeat"},
	    {2001, 2000, 500, "heartbeat"},  {200, 3600001, 500, "lease"},
	    {200, 2000, 0, "release"},       {200, 2000, -500, "release"},
	    {200, 2000, 3600001, "release"}, {200, 3600000, 3600000, "a promise is at most"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct heartbeat page = page_plain();
		page.timing.heartbeat = span_ms(rows[i].heartbeat_ms);
		page.timing.lease = span_ms(rows[i].lease_ms);
		page.timing.release = span_ms(rows[i].release_ms);
		refused(&page, rows[i].because);
	}
	struct heartbeat page = page_plain();
	page.timing = (struct timing){span_ms(3600000), span_ms(3600000), span_ms(600000)};
	believed(&page);
}
END_TEST

START_TEST(a_number_that_no_cluster_reaches_is_refused)
{
	struct heartbeat page = page_with_role();

	page.roles[0].top = EPOCH_MAX;
	believed(&page);
	page.roles[0].top = EPOCH_MAX + 1;
	refused(&page, "role 0: an epoch that no cluster reaches");
	page = page_with_role();
	page.roles[0].record.epoch = UINT64_MAX;
	refused(&page, "role 0: an epoch that no cluster reaches");
	page = page_crowded();
	page.echoes[2].stamp.incarnation = UINT32_MAX - 1;
	refused(&page, "echo 2: incarnation 4294967294");
}
END_TEST

START_TEST(an_echo_names_another_member_once_with_something_heard)
{
	struct heartbeat page = page_crowded();

	page.echoes[3].member = page.echoes[1].member;
	refused(&page, "echo 3: same member as echo 1");
	page = page_crowded();
	page.echoes[3].member = page.sender;
	refused(&page, "echo 3");
	page.echoes[3].member = 0;
	refused(&page, "echo 3");
	page = page_crowded();
	page.echoes[0].stamp.incarnation = 0;
	refused(&page, "echo 0: incarnation 0");
	page = page_crowded();
	page.echoes[0].paths[2].loss_percent = 101;
	refused(&page, "echo 0: path 2: loss");
	page = page_crowded();
	page.echoes[0].path_count = PATHS_MAX + 1;
	refused(&page, "echo 0: 5 paths");
}
END_TEST

START_TEST(a_request_names_what_its_kind_needs)
{
	struct heartbeat page = page_crowded();

	page.requests[1].id = 0;
	refused(&page, "request 1: id 0");
	page.requests[1].id = page.requests[0].id;
	refused(&page, "request 1: same id as request 0");
	page = page_crowded();
	page.requests[1].kind = (enum request_kind)REQUEST_KINDS;
	refused(&page, "request 1: unknown kind");
	page.requests[1].kind = REQUEST_STOP;
	page.requests[1].role = 0;
	refused(&page, "request 1: stop without a role");
	page.requests[1].kind = REQUEST_PAUSE;
	believed(&page);
	page.requests[1].target = 0;
	refused(&page, "request 1: pause without a member");
	page.requests[1].role = 1;
	refused(&page, "request 1: pause with a role");
}
END_TEST

START_TEST(an_answer_is_to_one_request_of_somebody)
{
	struct heartbeat page = page_crowded();

	page.answers[1].requester = 0;
	refused(&page, "answer 1");
	page = page_crowded();
	page.answers[1].request = 0;
	refused(&page, "answer 1");
	page = page_crowded();
	page.answers[1].requester = page.answers[0].requester;
	refused(&page, "answer 1: same request as answer 0");
	page = page_crowded();
	page.answers[1].verdict = (enum verdict)VERDICTS;
	refused(&page, "answer 1: unknown verdict");
	page = page_crowded();
	page.answers[1].detail = UNFIT_REASONS;
	refused(&page, "answer 1: unknown reason");
}
END_TEST

START_TEST(requests_stand_only_on_a_page_that_says_so)
{
	struct heartbeat page = page_crowded();
	page.has_requests = false;
	refused(&page, "requests");
}
END_TEST

START_TEST(a_role_report_contradicting_itself_is_refused)
{
	struct heartbeat page = page_with_role();

	page.roles[0].role = 0;
	refused(&page, "role 0: id 0");
	page = page_with_role();
	page.roles[page.role_count++] = role_largest(20);
	refused(&page, "role 1: same role as role 0");
	page = page_with_role();
	page.roles[0].claim = CLAIM_HOLDING;
	refused(&page, "role 0: holding and names a successor");
	page.roles[0].successor = 0;
	believed(&page);
	page.roles[0].claim_epoch = 0;
	refused(&page, "role 0: holding at epoch 0");
	page.roles[0].is_candidate = false;
	refused(&page, "role 0: holding, but no candidate");
	page = page_with_role();
	page.roles[0].granted = 0;
	refused(&page, "role 0: grant");
	page = page_with_role();
	page.roles[0].by.incarnation = 0;
	refused(&page, "role 0: grant");
	page = page_with_role();
	page.roles[0].is_candidate = false;
	refused(&page, "role 0: a successor, but no candidate");
	page.roles[0].successor = 0;
	believed(&page);
	page.roles[0].holder = 0;
	refused(&page, "role 0: grant to nobody");
	page.roles[0].granted = 0;
	refused(&page, "role 0: grant to nobody");
	page.roles[0].by = (struct stamp){0, 0};
	believed(&page);
}
END_TEST

START_TEST(a_role_report_with_a_value_nobody_knows_is_refused)
{
	struct heartbeat page = page_with_role();

	page.roles[0].claim = (enum claim_state)CLAIM_STATES;
	refused(&page, "role 0: unknown claim");
	page = page_with_role();
	page.roles[0].unfit = (enum unfit)UNFIT_REASONS;
	refused(&page, "role 0: unknown reason");
	page = page_with_role();
	page.roles[0].phase = (enum role_phase)ROLE_PHASES;
	refused(&page, "role 0: unknown phase");
	page = page_with_role();
	page.roles[0].record.wanted = (enum wanted)2;
	refused(&page, "role 0: unknown wanted");
}
END_TEST

START_TEST(a_list_longer_than_its_limit_is_refused_before_it_is_read)
{
	struct heartbeat page = page_plain();

	page.echo_count = MEMBERS_MAX + 1;
	refused(&page, "17 echoes, at most 16");
	page = page_plain();
	page.has_requests = true;
	page.request_count = REQUESTS_MAX + 1;
	refused(&page, "requests, at most");
	page.request_count = 0;
	page.answer_count = ANSWERS_MAX + 1;
	refused(&page, "answers, at most");
	page = page_plain();
	page.role_count = PAGE_ROLES_MAX + 1;
	refused(&page, "33 roles, at most 32");
}
END_TEST

/* One row for each family of words. */
static const char *claim_of(int value)
{
	return claim_word((enum claim_state)value);
}
static const char *unfit_of(int value)
{
	return unfit_word((enum unfit)value);
}
static const char *phase_of(int value)
{
	return phase_word((enum role_phase)value);
}
static const char *wanted_of(int value)
{
	return wanted_word((enum wanted)value);
}
static const char *request_of(int value)
{
	return request_word((enum request_kind)value);
}
static const char *verdict_of(int value)
{
	return verdict_word((enum verdict)value);
}

START_TEST(every_value_has_a_word_of_its_own)
{
	static const struct {
		int count;
		const char *(*word)(int value);
	} rows[] = {
	    {CLAIM_STATES, claim_of}, {UNFIT_REASONS, unfit_of},   {ROLE_PHASES, phase_of},
	    {2, wanted_of},           {REQUEST_KINDS, request_of}, {VERDICTS, verdict_of},
	};
	for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
		for (int a = 0; a < rows[row].count; a++) {
			ck_assert_ptr_nonnull(rows[row].word(a));
			for (int b = 0; b < a; b++)
				ck_assert_str_ne(rows[row].word(a), rows[row].word(b));
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("heartbeat");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, a_stamp_is_newer_by_incarnation_first_and_then_by_seq);
	tcase_add_test(tests, a_record_is_newer_by_epoch_first_and_then_by_counter);
	tcase_add_test(tests, a_plain_page_and_a_crowded_one_are_believed);
	tcase_add_test(tests, a_page_of_no_cluster_or_sender_or_incarnation_is_refused);
	tcase_add_test(tests, a_timing_that_cannot_be_meant_is_refused);
	tcase_add_test(tests, a_number_that_no_cluster_reaches_is_refused);
	tcase_add_test(tests, an_echo_names_another_member_once_with_something_heard);
	tcase_add_test(tests, a_request_names_what_its_kind_needs);
	tcase_add_test(tests, an_answer_is_to_one_request_of_somebody);
	tcase_add_test(tests, requests_stand_only_on_a_page_that_says_so);
	tcase_add_test(tests, a_role_report_contradicting_itself_is_refused);
	tcase_add_test(tests, a_role_report_with_a_value_nobody_knows_is_refused);
	tcase_add_test(tests, a_list_longer_than_its_limit_is_refused_before_it_is_read);
	tcase_add_test(tests, every_value_has_a_word_of_its_own);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
