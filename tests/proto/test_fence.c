/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/fence.c and proto/fence_news.c: who is switched off, by whom and when, and what is believed
 * of it. alpha owns "ledger", beta is next; w1 votes.
 */
#include "proto/member.h"

#include <check.h>
#include <string.h>

#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD, LIMIT_MS = 3000 };

static struct cluster *settled(bool third_is_node)
{
	struct cluster *c = cluster_new(third_is_node);
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++) {
		c->setups[i].roles[0].fences = true;
		for (uint8_t j = 0; j < CLUSTER_MEMBERS; j++)
			if (c->setups[i].members[j].is_node)
				c->setups[i].members[j].fence_limit = span_ms(LIMIT_MS);
	}
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	return c;
}

static void pause_machine(struct cluster *c, uint8_t i)
{
	c->dead[i] = true; /* `up` stays as it is: nothing releases */
	c->up[i] = false;  /* but the fixture counts it no more */
}

START_TEST(a_silent_owner_is_switched_off_before_the_role_is_taken)
{
	struct cluster *c = settled(false);
	pause_machine(c, ALPHA);
	cluster_run(c, span_ms(60000));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	ck_assert_uint_eq(c->fence.count, 1);
	ck_assert_uint_eq(c->fence.by, BETA);
	ck_assert_uint_eq(c->fence.member, ALPHA);
	ck_assert_uint_eq(c->fence.incarnation, 1);
	cluster_fenced(c, true);
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

START_TEST(a_confirmed_off_ends_the_wait_for_the_promise_early)
{
	struct cluster *c = settled(false);
	pause_machine(c, ALPHA);
	/* A lease on the slowest clock, a heartbeat in which the witness says so too, and one in
	 * which it stays so. */
	cluster_run(c, span_ms(2000 * 101 / 99 + 400));
	ck_assert_uint_eq(c->fence.count, 1);
	cluster_fenced(c, true);
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

START_TEST(a_failure_starts_nothing_and_is_tried_again_more_and_more_rarely)
{
	struct cluster *c = settled(false);
	const int64_t waits_s[] = {10, 20, 40, 80, 160, 300, 300};
	pause_machine(c, ALPHA);
	cluster_run(c, span_ms(5000));
	for (unsigned i = 0; i < sizeof waits_s / sizeof waits_s[0]; i++) {
		ck_assert_uint_eq(c->fence.count, i + 1);
		cluster_fenced(c, false);
		cluster_run(c, span_ms(waits_s[i] * 1000 - 1));
		ck_assert_uint_eq(c->fence.count, i + 1);
		cluster_run(c, span_ms(202)); /* and a heartbeat in which it stays so */
	}
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	struct role_view view;
	member_view_role(&c->members[BETA], 0, c->now, &view);
	ck_assert_int_eq(view.obstacle, OBSTACLE_FENCING);
	cluster_free(c);
}
END_TEST

START_TEST(the_next_node_tries_when_the_best_one_could_not)
{
	struct cluster *c = settled(true);
	pause_machine(c, ALPHA);
	cluster_run(c, span_ms(2500));
	ck_assert_uint_eq(c->fence.by, BETA);
	cluster_fenced(c, false);
	cluster_run(c, span_ms(500));
	ck_assert_uint_eq(c->fence.count, 2);
	ck_assert_uint_eq(c->fence.by, THIRD);
	cluster_fenced(c, true);
	cluster_run(c, span_ms(500));
	ck_assert_uint_ne(cluster_owner(c), NO_MEMBER);
	cluster_free(c);
}
END_TEST

START_TEST(who_comes_back_is_not_switched_off)
{
	struct cluster *c = settled(false);
	c->deaf[ALPHA] = c->mute[ALPHA] = true;
	cluster_run(c, span_ms(3000));
	ck_assert_uint_eq(c->fence.count, 1);
	c->deaf[ALPHA] = c->mute[ALPHA] = false;
	cluster_run(c, span_ms(1000));
	ck_assert_uint_eq(c->fence.cancelled, 1);
	ck_assert_uint_ne(cluster_owner(c), NO_MEMBER);
	cluster_fenced(c, false); /* too late to mean anything */
	ck_assert(!cluster_noted(c, BETA, NOTE_FENCE_FAILED));
	cluster_free(c);
}
END_TEST

START_TEST(an_isolated_node_switches_nobody_off)
{
	struct cluster *c = settled(false);
	c->deaf[BETA] = c->mute[BETA] = true;
	cluster_run(c, span_ms(60000));
	ck_assert_uint_eq(c->fence.count, 0);
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

/* beta does not hear alpha; w1 does, and renews its promise. */
START_TEST(an_owner_that_has_its_majority_is_not_switched_off)
{
	struct cluster *c = settled(false);
	struct peer *alpha = &c->members[BETA].peers[ALPHA];
	for (unsigned i = 0; i < 600; i++) {
		cluster_run(c, span_ms(100));
		alpha->fresh_until = INSTANT_PAST;
		alpha->roles[0].fresh_until = INSTANT_PAST;
	}
	ck_assert_uint_eq(c->fence.count, 0);
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

START_TEST(a_node_that_may_not_run_the_role_switches_nobody_off)
{
	struct cluster *c = settled(false);
	cluster_step(
	    c, BETA,
	    (struct event){.kind = EVENT_FITNESS, .as.fitness = {.role = 0, .fit = false}});
	pause_machine(c, ALPHA);
	cluster_run(c, span_ms(60000));
	ck_assert_uint_eq(c->fence.count, 0);
	cluster_free(c);
}
END_TEST

START_TEST(without_an_agent_nothing_is_taken_over)
{
	struct cluster *c = settled(false);
	c->setups[BETA].members[ALPHA].fence_limit = (struct span){0};
	pause_machine(c, ALPHA);
	cluster_run(c, span_ms(60000));
	struct role_view view;
	member_view_role(&c->members[BETA], 0, c->now, &view);
	ck_assert_int_eq(view.obstacle, OBSTACLE_NO_FENCE);
	ck_assert_uint_eq(c->fence.count, 0);
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	cluster_free(c);
}
END_TEST

START_TEST(an_owner_that_comes_back_in_a_new_life_frees_the_role_itself)
{
	struct cluster *c = settled(false);
	struct durable disk;
	member_durable(&c->members[ALPHA], &disk);
	pause_machine(c, ALPHA);
	cluster_run(c, span_ms(3000));
	cluster_fenced(c, false);
	cluster_boot(c, ALPHA, &disk, NULL);
	cluster_run(c, span_ms(2800));
	/* A promise later, whoever is first: beta need not wait out the back-off of its failure. */
	ck_assert_uint_ne(cluster_owner(c), NO_MEMBER);
	cluster_free(c);
}
END_TEST

START_TEST(a_move_and_a_shutdown_switch_nobody_off)
{
	struct cluster *c = settled(false);
	cluster_request(c, BETA, REQUEST_MOVE, BETA);
	cluster_run(c, span_ms(1000));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_step(c, BETA, (struct event){.kind = EVENT_LEAVE});
	cluster_run(c, span_ms(1000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	ck_assert_uint_eq(c->fence.count, 0);
	cluster_free(c);
}
END_TEST

START_TEST(a_cold_start_switches_nobody_off)
{
	struct cluster *c = settled(false);
	ck_assert_uint_eq(c->fence.count, 0);
	cluster_free(c);
}
END_TEST

START_TEST(a_restarted_voter_still_waits_for_the_off)
{
	struct cluster *c = settled(false);
	struct durable disk;
	struct kept kept;
	pause_machine(c, ALPHA);
	member_durable(&c->members[THIRD], &disk);
	member_keep(&c->members[THIRD], &kept);
	cluster_boot(c, THIRD, &disk, &kept);
	/* Beta forgets, and its own vote is free in time; that of the witness is not. */
	member_durable(&c->members[BETA], &disk);
	cluster_boot(c, BETA, &disk, NULL);
	cluster_run(c, span_ms(60000));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	ck_assert_uint_eq(c->fence.count, 1);
	cluster_fenced(c, true);
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

/* The agent of alpha controls some other host. */
START_TEST(who_is_called_off_and_is_not_says_so)
{
	struct cluster *c = settled(false);
	c->deaf[ALPHA] = c->mute[ALPHA] = true;
	cluster_run(c, span_ms(3000));
	cluster_step(c, BETA,
	             (struct event){.kind = EVENT_FENCED,
	                            .as.fenced = {.member = ALPHA,
	                                          .incarnation = c->fence.incarnation,
	                                          .is_off = true}});
	c->deaf[ALPHA] = c->mute[ALPHA] = false;
	cluster_run(c, span_ms(1000));
	ck_assert(cluster_noted(c, ALPHA, NOTE_CALLED_OFF));
	ck_assert(cluster_noted(c, BETA, NOTE_NOT_OFF));
	cluster_free(c);
}
END_TEST

/* A page of `from`, heard by `to` in answer to what it said last: that alpha was off at some moment
 * since `ago_ms` before. */
static void hear_off(struct cluster *c, uint8_t from, uint8_t to, int64_t ago_ms, uint64_t voters)
{
	static struct heartbeat page;
	struct member *teller = &c->members[from], *m = &c->members[to];
	memset(&page, 0, sizeof page);
	page.cluster = m->setup->cluster_id;
	page.sender = teller->self_id;
	page.stamp = (struct stamp){teller->incarnation, ++teller->seq};
	page.timing = teller->timing;
	page.longest_promise = teller->longest_promise;
	page.voters = voters;
	page.config = m->setup->config_digest;
	page.relearned_ms = UINT32_MAX;
	page.echo_count = 1;
	page.echoes[0] = (struct echo){.member = m->self_id, .stamp = {m->incarnation, m->seq}};
	page.fenced_count = 1;
	page.fenced[0] = (struct fenced){.member = c->members[ALPHA].self_id,
	                                 .incarnation = c->members[ALPHA].incarnation,
	                                 .ago_ms = (uint32_t)ago_ms};
	struct event event = {.kind = EVENT_HEARTBEAT,
	                      .now = c->now,
	                      .as.heartbeat = {.page = &page, .sender = from}};
	member_step(m, &event, &c->out);
	ck_assert_ptr_null(c->out.broken);
}

static bool is_promised_to_alpha(const struct cluster *c, uint8_t i)
{
	return c->members[i].roles[0].voter.holder == c->members[ALPHA].self_id;
}

START_TEST(word_of_an_off_after_the_last_renewal_frees_the_vote)
{
	struct cluster *c = settled(false);
	pause_machine(c, ALPHA);
	cluster_run(c, span_ms(1000));
	ck_assert(is_promised_to_alpha(c, THIRD));
	hear_off(c, BETA, THIRD, 100, c->members[THIRD].voters_id);
	ck_assert(!is_promised_to_alpha(c, THIRD));
	cluster_free(c);
}
END_TEST

/* It was switched on again since, and owns the role in its new life. */
START_TEST(word_of_an_off_before_the_last_renewal_frees_nothing)
{
	struct cluster *c = settled(false);
	hear_off(c, BETA, THIRD, 1000, c->members[THIRD].voters_id);
	ck_assert(is_promised_to_alpha(c, THIRD));
	cluster_run(c, span_ms(5000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

START_TEST(word_of_an_off_by_one_that_could_not_take_the_role_frees_nothing)
{
	struct cluster *c = settled(false);
	pause_machine(c, ALPHA);
	cluster_run(c, span_ms(1000));
	hear_off(c, THIRD, BETA, 100, c->members[BETA].voters_id); /* a witness */
	ck_assert(is_promised_to_alpha(c, BETA));
	cluster_free(c);
}
END_TEST

START_TEST(word_of_an_off_by_one_that_counts_with_other_voters_frees_nothing)
{
	struct cluster *c = settled(false);
	pause_machine(c, ALPHA);
	cluster_run(c, span_ms(1000));
	hear_off(c, BETA, THIRD, 100, c->members[THIRD].voters_id + 1);
	ck_assert(is_promised_to_alpha(c, THIRD));
	cluster_free(c);
}
END_TEST

/* All that voted for it were rebooted and have forgotten that, but have heard it own the role. */
START_TEST(an_owner_whose_voters_have_forgotten_it_is_switched_off_all_the_same)
{
	struct cluster *c = settled(false);
	struct durable disk;
	for (uint8_t i = BETA; i <= THIRD; i++) {
		member_durable(&c->members[i], &disk);
		cluster_boot(c, i, &disk, NULL);
	}
	cluster_run(c, span_ms(300));
	pause_machine(c, ALPHA);
	cluster_run(c, span_ms(60000));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	ck_assert_uint_eq(c->fence.count, 1);
	ck_assert_uint_eq(c->fence.member, ALPHA);
	cluster_fenced(c, true);
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fence");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, a_silent_owner_is_switched_off_before_the_role_is_taken);
	tcase_add_test(tests, a_confirmed_off_ends_the_wait_for_the_promise_early);
	tcase_add_test(tests, a_failure_starts_nothing_and_is_tried_again_more_and_more_rarely);
	tcase_add_test(tests, the_next_node_tries_when_the_best_one_could_not);
	tcase_add_test(tests, who_comes_back_is_not_switched_off);
	tcase_add_test(tests, an_isolated_node_switches_nobody_off);
	tcase_add_test(tests, an_owner_that_has_its_majority_is_not_switched_off);
	tcase_add_test(tests, a_node_that_may_not_run_the_role_switches_nobody_off);
	tcase_add_test(tests, without_an_agent_nothing_is_taken_over);
	tcase_add_test(tests, an_owner_that_comes_back_in_a_new_life_frees_the_role_itself);
	tcase_add_test(tests, a_move_and_a_shutdown_switch_nobody_off);
	tcase_add_test(tests, a_cold_start_switches_nobody_off);
	tcase_add_test(tests, a_restarted_voter_still_waits_for_the_off);
	tcase_add_test(tests, who_is_called_off_and_is_not_says_so);
	tcase_add_test(tests, word_of_an_off_after_the_last_renewal_frees_the_vote);
	tcase_add_test(tests, word_of_an_off_before_the_last_renewal_frees_nothing);
	tcase_add_test(tests, word_of_an_off_by_one_that_could_not_take_the_role_frees_nothing);
	tcase_add_test(tests, word_of_an_off_by_one_that_counts_with_other_voters_frees_nothing);
	tcase_add_test(tests, an_owner_whose_voters_have_forgotten_it_is_switched_off_all_the_same);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
