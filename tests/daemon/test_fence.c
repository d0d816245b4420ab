/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fence agents that do what they should, and those that are slow, fail, lie, talk too much or do
 * not want to end.
 */
#include "daemon/fence/levels.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/platform/platform.h"
#include "tests/daemon/fence_fixture.h"
#include "tests/daemon/stage.h"

enum { PLENTY_MS = 20000, PATIENCE_MS = 15000 };

static const char PASSWORD[] = "hunter2-swordfish";

static void run(struct fence_fixture *lab, uint8_t member)
{
	fence_fixture_start(lab, member);
	fence_fixture_until_ended(lab, lab->ended + 1, PATIENCE_MS);
}

static void expect(const struct fence_fixture *lab, bool is_off, const char *text)
{
	ck_assert_msg(lab->result.is_off == is_off, "%s", lab->text);
	ck_assert_msg(strstr(lab->text, text) != NULL, "'%s' is not in: %s", text, lab->text);
}

static unsigned count(const char *text, const char *what)
{
	unsigned found = 0;
	for (; (text = strstr(text, what)) != NULL; text++)
		found++;
	return found;
}

START_TEST(agent_switches_off_and_is_asked_whether_it_did)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "well", PLENTY_MS);
	run(lab, BETA);
	expect(lab, true, "switched it off, and says that it is off");
	ck_assert_str_eq(lab->node, "beta");
	ck_assert_uint_eq(lab->result.member, name_id("beta"));
	ck_assert_int_gt(lab->result.took.ns, 0);
	const char *journal = fence_fixture_read(lab, "journal");
	ck_assert_uint_eq(count(journal, "off argv 0 options action,behave,place\n"), 1);
	ck_assert_uint_eq(count(journal, "status argv 0"), 1);
	ck_assert_uint_eq(count(journal, "argv"), 2);
	ck_assert(!fence_is_running(lab->fence, name_id("beta")));
	fence_fixture_close(lab);
}
END_TEST

START_TEST(agent_is_believed_where_it_is_not_to_be_verified)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "lie", PLENTY_MS)->verify = false;
	run(lab, BETA);
	expect(lab, true, "which is not verified");
	ck_assert_uint_eq(count(fence_fixture_read(lab, "journal"), "argv"), 1);
	fence_fixture_close(lab);
}
END_TEST

/* Fault 64: the fence agent lies. */
START_TEST(agent_that_says_off_and_then_on_has_failed)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "lie", PLENTY_MS);
	run(lab, BETA);
	expect(lab, false, "off: says that it did, but status says on");
	fence_fixture_close(lab);
}
END_TEST

/* Fault 64: the fence agent fails. */
START_TEST(agent_that_fails_is_quoted)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "fail", PLENTY_MS);
	run(lab, BETA);
	expect(lab, false, "off: exited with status 1: Failed: cannot reach the device");
	ck_assert_ptr_nonnull(strstr(lab->said, "Failed: cannot reach the device\n"));
	fence_fixture_close(lab);
}
END_TEST

START_TEST(agent_that_misunderstands_is_not_taken_to_say_off)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "misunderstand", PLENTY_MS);
	run(lab, BETA);
	expect(lab, false, "off: exited with status 2");
	fence_fixture_close(lab);
}
END_TEST

START_TEST(agent_that_crashes_has_failed)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "crash", PLENTY_MS);
	run(lab, BETA);
	expect(lab, false, "off: killed by signal 11");
	fence_fixture_close(lab);
}
END_TEST

START_TEST(agent_that_takes_its_time_is_waited_for)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "slow", PLENTY_MS);
	run(lab, BETA);
	expect(lab, true, "says that it is off");
	ck_assert_int_ge(lab->result.took.ns, span_ms(600).ns);
	fence_fixture_close(lab);
}
END_TEST

/* Fault 64: the fence agent hangs. */
START_TEST(agent_that_hangs_is_killed_in_time)
{
	static const char *const behaviours[] = {"hang-off", "hang-status"};
	static const char *const texts[] = {"off: not done after 1s, killed",
	                                    "status: not done after 1s, killed"};
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, behaviours[_i], 1000);
	run(lab, BETA);
	expect(lab, false, texts[_i]);
	ck_assert_int_lt(lab->result.took.ns, span_ms(1500).ns);
	fence_fixture_close(lab);
}
END_TEST

START_TEST(agent_that_ignores_signals_is_killed_with_all_it_started)
{
	struct fence_fixture *lab = fence_fixture_open();
	long own = 0, stray = 0;
	fence_fixture_fake(lab, BETA, "stubborn", 1000);
	fence_fixture_start(lab, BETA);
	fence_fixture_until_text(lab, "journal", "stray");
	fence_fixture_until_text(lab, "journal", "self");
	fence_fixture_until_ended(lab, 1, PATIENCE_MS);
	expect(lab, false, "not done after 1s, killed");
	const char *journal = fence_fixture_read(lab, "journal");
	own = strtol(strstr(journal, "self ") + 5, NULL, 10);
	stray = strtol(strstr(journal, "stray ") + 6, NULL, 10);
	ck_assert_int_gt(own, 1);
	ck_assert(!stage_is_alive(own));
	if (platform_check_groups(NULL) == CODE_OK)
		ck_assert(!stage_is_alive(stray));
	fence_fixture_close(lab);
}
END_TEST

START_TEST(what_an_agent_leaves_behind_ends_with_it)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "background", PLENTY_MS);
	run(lab, BETA);
	expect(lab, true, "says that it is off");
	const char *stray = strstr(fence_fixture_read(lab, "journal"), "stray ");
	/* It may have been killed before it could say who it is. */
	ck_assert(stray == NULL || !stage_is_alive(strtol(stray + 6, NULL, 10)));
	fence_fixture_close(lab);
}
END_TEST

START_TEST(ten_megabytes_of_output_are_not_kept)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "flood", PLENTY_MS);
	run(lab, BETA);
	expect(lab, true, "says that it is off");
	ck_assert_uint_lt(lab->said_count, 200);
	ck_assert_ptr_nonnull(strstr(lab->said, "whatever else it says is left out\n"));
	fence_fixture_close(lab);
}
END_TEST

START_TEST(secret_from_a_file_reaches_the_agent_and_nobody_else)
{
	struct fence_fixture *lab = fence_fixture_open();
	struct config_fence *fence = fence_fixture_fake(lab, BETA, "tell", PLENTY_MS);
	fence_fixture_option(fence, "password_file",
	                     fence_fixture_file(lab, "secret", "hunter2-swordfish\n", 0600));
	run(lab, BETA);
	expect(lab, false, "the last words: ***");
	const char *journal = fence_fixture_read(lab, "journal");
	ck_assert_ptr_nonnull(strstr(journal, "options action,behave,password,place\n"));
	ck_assert_ptr_null(strstr(journal, "shows"));
	ck_assert_ptr_nonnull(strstr(journal, "environment LC_ALL,PATH\n"));
	ck_assert_ptr_nonnull(strstr(lab->said, "login with *** failed\n"));
	ck_assert_ptr_nonnull(strstr(lab->said, "pieces: ***!\n"));
	ck_assert_ptr_nonnull(strstr(lab->said, "x***x***\n"));
	/* Not even its first letters, at the end of a line that is cut off. */
	ck_assert_ptr_null(strstr(lab->said, "hun"));
	ck_assert_ptr_null(strstr(lab->text, "hun"));
	ck_assert_uint_eq(strlen(PASSWORD), 17);
	fence_fixture_close(lab);
}
END_TEST

START_TEST(secret_reaches_the_agent_as_it_stands_in_its_file)
{
	static const char *const secrets[] = {"blank ",  " before", "\"quoted\"", "\"",
	                                      "\"\"",    "\"half",  "half\"",     "tail\u00a0",
	                                      "a=b # c", "plain"};
	struct fence_fixture *lab = fence_fixture_open();
	struct config_fence *fence = fence_fixture_fake(lab, BETA, "repeat", PLENTY_MS);
	char text[64];
	snprintf(text, sizeof text, "%s\n", secrets[_i]);
	fence_fixture_option(fence, "password_file", fence_fixture_file(lab, "secret", text, 0600));
	run(lab, BETA);
	expect(lab, true, "says that it is off");
	snprintf(text, sizeof text, "password [%s]\n", secrets[_i]);
	ck_assert_ptr_nonnull(strstr(fence_fixture_read(lab, "journal"), text));
	fence_fixture_close(lab);
}
END_TEST

START_TEST(secret_file_that_others_can_read_is_not_used)
{
	struct fence_fixture *lab = fence_fixture_open();
	struct config_fence *fence = fence_fixture_fake(lab, BETA, "well", PLENTY_MS);
	fence_fixture_option(fence, "password_file",
	                     fence_fixture_file(lab, "secret", PASSWORD, 0640));
	run(lab, BETA);
	expect(lab, false, "mode 0640, so others can use the secret: chmod 600 ");
	ck_assert_str_eq(fence_fixture_read(lab, "journal"), "");
	fence_fixture_close(lab);
}
END_TEST

START_TEST(secret_file_that_others_can_replace_is_not_used)
{
	struct fence_fixture *lab = fence_fixture_open();
	struct config_fence *fence = fence_fixture_fake(lab, BETA, "well", PLENTY_MS);
	const char *path = fence_fixture_file(lab, "secret", PASSWORD, 0600);
	fence_fixture_option(fence, "password_file", path);
	if (chown(path, 65534, 65534) == 0) { /* only root can give files away */
		run(lab, BETA);
		expect(lab, false, "belongs to user 65534, who can replace the secret");
		ck_assert_str_eq(fence_fixture_read(lab, "journal"), "");
	}
	fence_fixture_close(lab);
}
END_TEST

START_TEST(secret_file_must_hold_one_line)
{
	static const struct {
		const char *text, *says;
	} cases[] = {{"", "there is no secret in it"},
	             {"\n", "there is no secret in it"},
	             {"one\ntwo\n", "expected one line of printable characters"},
	             {"bell\a", "expected one line of printable characters"}};
	struct fence_fixture *lab = fence_fixture_open();
	struct config_fence *fence = fence_fixture_fake(lab, BETA, "well", PLENTY_MS);
	fence_fixture_option(fence, "password_file",
	                     fence_fixture_file(lab, "secret", cases[_i].text, 0600));
	run(lab, BETA);
	expect(lab, false, cases[_i].says);
	fence_fixture_close(lab);
}
END_TEST

START_TEST(secret_that_is_too_long_or_missing_is_told)
{
	struct fence_fixture *lab = fence_fixture_open();
	struct config_fence *fence = fence_fixture_fake(lab, BETA, "well", PLENTY_MS);
	char text[300];
	memset(text, 'x', sizeof text);
	text[255] = '\0';
	fence_fixture_option(fence, "password_file", fence_fixture_file(lab, "secret", text, 0600));
	run(lab, BETA);
	expect(lab, true, "says that it is off");
	text[255] = 'x';
	text[256] = '\0';
	fence_fixture_file(lab, "secret", text, 0600);
	run(lab, BETA);
	expect(lab, false, "a secret has at most 254 characters");
	remove(fence_fixture_file(lab, "secret", text, 0600));
	run(lab, BETA);
	expect(lab, false, "No such file or directory");
	fence_fixture_close(lab);
}
END_TEST

START_TEST(agents_are_tried_in_their_order_until_one_succeeds)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_agent(lab, BETA, "fence_that_is_not_installed", PLENTY_MS);
	fence_fixture_fake(lab, BETA, "fail", PLENTY_MS);
	fence_fixture_fake(lab, BETA, "well", PLENTY_MS);
	fence_fixture_fake(lab, BETA, "crash", PLENTY_MS);
	run(lab, BETA);
	expect(lab, true, "fence_that_is_not_installed there is no program");
	expect(lab, true, "; ");
	expect(lab, true, "cannot reach the device");
	expect(lab, true, "says that it is off");
	ck_assert_ptr_null(strstr(lab->text, "signal"));
	fence_fixture_close(lab);
}
END_TEST

START_TEST(when_all_agents_fail_each_is_told)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "crash", PLENTY_MS);
	fence_fixture_fake(lab, BETA, "fail", PLENTY_MS);
	run(lab, BETA);
	expect(lab, false, "killed by signal 11; ");
	expect(lab, false, "cannot reach the device");
	fence_fixture_close(lab);
}
END_TEST

START_TEST(one_node_has_one_run_and_two_nodes_have_two)
{
	struct fence_fixture *lab = fence_fixture_open();
	struct error error;
	fence_fixture_fake(lab, BETA, "slow", PLENTY_MS);
	fence_fixture_fake(lab, ALPHA, "slow", PLENTY_MS);
	fence_fixture_start(lab, BETA);
	ck_assert(fence_is_running(lab->fence, name_id("beta")));
	ck_assert_int_eq(fence_start(lab->fence, &lab->config, BETA, &error), CODE_EXISTS);
	ck_assert(!fence_is_running(lab->fence, name_id("alpha")));
	fence_fixture_start(lab, ALPHA);
	fence_fixture_until_ended(lab, 2, PATIENCE_MS);
	run(lab, BETA);
	fence_fixture_close(lab);
}
END_TEST

START_TEST(cancelled_run_ends_its_agent_and_says_nothing)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "stubborn", PLENTY_MS);
	fence_fixture_start(lab, BETA);
	fence_fixture_until_text(lab, "journal", "self");
	long own = strtol(strstr(fence_fixture_read(lab, "journal"), "self ") + 5, NULL, 10);
	fence_cancel(lab->fence, name_id("beta"));
	ck_assert(!fence_is_running(lab->fence, name_id("beta")));
	for (unsigned i = 0; i < 1000 && stage_is_alive(own); i++)
		uv_sleep(1);
	ck_assert(!stage_is_alive(own));
	/* Another may begin at once. */
	lab->config.fence_count = 0;
	fence_fixture_fake(lab, BETA, "well", PLENTY_MS);
	run(lab, BETA);
	ck_assert_uint_eq(lab->ended, 1);
	expect(lab, true, "says that it is off");
	fence_fixture_close(lab);
}
END_TEST

START_TEST(run_can_be_cancelled_before_its_agent_is_started)
{
	struct fence_fixture *lab = fence_fixture_open();
	fence_fixture_fake(lab, BETA, "well", PLENTY_MS);
	for (unsigned i = 0; i < 20; i++) {
		fence_fixture_start(lab, BETA);
		fence_cancel(lab->fence, name_id("beta"));
	}
	fence_fixture_start(lab, BETA);
	fence_fixture_close(lab); /* in the middle of it */
}
END_TEST

START_TEST(node_without_a_section_is_refused)
{
	struct fence_fixture *lab = fence_fixture_open();
	struct error error;
	ck_assert_int_eq(fence_start(lab->fence, &lab->config, BETA, &error), CODE_NOT_FOUND);
	ck_assert_str_eq(error.text, "there is no section [fence beta]");
	ck_assert_int_eq(fence_limit(&lab->config, BETA).ns, 0);
	fence_fixture_fake(lab, BETA, "well", 1500);
	fence_fixture_fake(lab, BETA, "well", 500);
	ck_assert_int_eq(fence_limit(&lab->config, BETA).ns, span_ms(2000).ns);
	fence_fixture_close(lab);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fence");
	TCase *tcase = tcase_create("fence");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, agent_switches_off_and_is_asked_whether_it_did);
	tcase_add_test(tcase, agent_is_believed_where_it_is_not_to_be_verified);
	tcase_add_test(tcase, agent_that_says_off_and_then_on_has_failed);
	tcase_add_test(tcase, agent_that_fails_is_quoted);
	tcase_add_test(tcase, agent_that_misunderstands_is_not_taken_to_say_off);
	tcase_add_test(tcase, agent_that_crashes_has_failed);
	tcase_add_test(tcase, agent_that_takes_its_time_is_waited_for);
	tcase_add_loop_test(tcase, agent_that_hangs_is_killed_in_time, 0, 2);
	tcase_add_test(tcase, agent_that_ignores_signals_is_killed_with_all_it_started);
	tcase_add_test(tcase, what_an_agent_leaves_behind_ends_with_it);
	tcase_add_test(tcase, ten_megabytes_of_output_are_not_kept);
	tcase_add_test(tcase, secret_from_a_file_reaches_the_agent_and_nobody_else);
	tcase_add_loop_test(tcase, secret_reaches_the_agent_as_it_stands_in_its_file, 0, 10);
	tcase_add_test(tcase, secret_file_that_others_can_read_is_not_used);
	tcase_add_test(tcase, secret_file_that_others_can_replace_is_not_used);
	tcase_add_loop_test(tcase, secret_file_must_hold_one_line, 0, 4);
	tcase_add_test(tcase, secret_that_is_too_long_or_missing_is_told);
	tcase_add_test(tcase, agents_are_tried_in_their_order_until_one_succeeds);
	tcase_add_test(tcase, when_all_agents_fail_each_is_told);
	tcase_add_test(tcase, one_node_has_one_run_and_two_nodes_have_two);
	tcase_add_test(tcase, cancelled_run_ends_its_agent_and_says_nothing);
	tcase_add_test(tcase, run_can_be_cancelled_before_its_agent_is_started);
	tcase_add_test(tcase, node_without_a_section_is_refused);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
