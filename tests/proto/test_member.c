/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole members on a perfect network: what an operator would see.
 */
#include "proto/member.h"

#include <check.h>
#include <string.h>

#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

static struct cluster *settled(bool third_is_node)
{
	struct cluster *c = cluster_new(third_is_node);
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	return c;
}

static void power_off(struct cluster *c, uint8_t i)
{
	c->dead[i] = true;
	c->up[i] = false;
}

static uint64_t epoch_of(const struct cluster *c, uint8_t i)
{
	return c->members[i].roles[0].claim.epoch;
}

START_TEST(the_first_listed_node_takes_the_role_and_keeps_it)
{
	struct cluster *c = settled(false);
	cluster_run(c, span_ms(60000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	ck_assert_uint_eq(c->starts[ALPHA], 1);
	cluster_free(c);
}
END_TEST

START_TEST(after_a_power_off_the_next_node_is_up_within_the_promise)
{
	struct cluster *c = settled(false);
	power_off(c, ALPHA);
	struct span promise = timing_promise(c->setups[0].timing);
	cluster_run(c, span_plus(promise, span_ms(1)));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	ck_assert_uint_gt(epoch_of(c, BETA), epoch_of(c, ALPHA));
	cluster_free(c);
}
END_TEST

START_TEST(an_isolated_owner_is_down_before_another_is_up)
{
	struct cluster *c = settled(false);
	c->deaf[ALPHA] = c->mute[ALPHA] = true;
	cluster_run(c, span_ms(2001));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	cluster_run(c, span_ms(600));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

START_TEST(a_deaf_owner_gives_up_although_it_is_heard)
{
	struct cluster *c = settled(false);
	c->deaf[ALPHA] = true;
	cluster_run(c, span_ms(4700));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

START_TEST(a_mute_owner_gives_up_although_it_hears)
{
	struct cluster *c = settled(false);
	c->mute[ALPHA] = true;
	cluster_run(c, span_ms(4700));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

START_TEST(the_death_of_a_bystander_moves_nothing)
{
	for (uint8_t victim = BETA; victim <= THIRD; victim++) {
		struct cluster *c = settled(false);
		uint64_t epoch = epoch_of(c, ALPHA);
		power_off(c, victim);
		cluster_run(c, span_ms(20000));
		ck_assert_uint_eq(cluster_owner(c), ALPHA);
		ck_assert_uint_eq(epoch_of(c, ALPHA), epoch);
		cluster_free(c);
	}
}
END_TEST

START_TEST(without_a_majority_nobody_owns)
{
	struct cluster *c = settled(false);
	power_off(c, BETA);
	power_off(c, THIRD);
	cluster_run(c, span_ms(2500));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	cluster_free(c);
}
END_TEST

START_TEST(a_move_goes_to_the_target_at_once)
{
	struct cluster *c = settled(true);
	cluster_request(c, THIRD, REQUEST_MOVE, THIRD);
	ck_assert_uint_eq(cluster_owner(c), THIRD);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_ACCEPTED);
	ck_assert_uint_eq(c->last_handle, 42);
	cluster_run(c, span_ms(10000));
	ck_assert_uint_eq(cluster_owner(c), THIRD);
	cluster_free(c);
}
END_TEST

START_TEST(a_move_is_refused_before_anything_stops)
{
	struct cluster *c = settled(false);
	cluster_request(c, BETA, REQUEST_MOVE, THIRD); /* a witness */
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_UNLISTED);
	cluster_request(c, BETA, REQUEST_MOVE, ALPHA);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_ALREADY);
	cluster_request(c, THIRD, REQUEST_PAUSE, BETA);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_ACCEPTED);
	cluster_run(c, span_ms(500));
	cluster_request(c, THIRD, REQUEST_MOVE, BETA);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_PAUSED);
	cluster_request(c, THIRD, REQUEST_MOVE, NO_MEMBER);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_NO_TARGET);
	power_off(c, BETA);
	cluster_run(c, span_ms(3000));
	cluster_request(c, THIRD, REQUEST_MOVE, BETA);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_UNREACHABLE);
	ck_assert_uint_eq(c->starts[ALPHA], 1);
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

START_TEST(of_two_moves_at_once_one_is_told_that_it_lost)
{
	struct cluster *c = settled(true);
	c->slow_stop = true;
	cluster_request(c, ALPHA, REQUEST_MOVE, BETA);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_ACCEPTED);
	cluster_request(c, THIRD, REQUEST_MOVE, THIRD);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_BUSY);
	cluster_free(c);
}
END_TEST

START_TEST(a_slow_stop_is_waited_for_while_connected)
{
	struct cluster *c = settled(false);
	c->slow_stop = true;
	cluster_request(c, ALPHA, REQUEST_MOVE, BETA);
	cluster_run(c, span_ms(20000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	ck_assert(!cluster_noted(c, ALPHA, NOTE_LEASE_OVER));
	c->up[ALPHA] = false;
	cluster_step(
	    c, ALPHA,
	    (struct event){.kind = EVENT_RELEASED, .as.resources = {0, epoch_of(c, ALPHA)}});
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

START_TEST(a_slow_stop_is_cut_short_when_the_lease_ends)
{
	struct cluster *c = settled(false);
	c->slow_stop = true;
	cluster_request(c, ALPHA, REQUEST_MOVE, BETA);
	c->deaf[ALPHA] = c->mute[ALPHA] = true;
	cluster_run(c, span_ms(2100));
	ck_assert(cluster_noted(c, ALPHA, NOTE_LEASE_OVER));
	ck_assert(c->members[ALPHA].roles[0].claim.forced);
	cluster_free(c);
}
END_TEST

START_TEST(a_stopped_role_stays_stopped_through_restarts)
{
	struct cluster *c = settled(false);
	cluster_request(c, THIRD, REQUEST_STOP, NO_MEMBER);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_ACCEPTED);
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	struct durable disks[CLUSTER_MEMBERS];
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
		member_durable(&c->members[i], &disks[i]);
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
		cluster_boot(c, i, &disks[i], NULL);
	cluster_run(c, span_ms(20000));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	cluster_request(c, BETA, REQUEST_START, NO_MEMBER);
	cluster_run(c, span_ms(2000));
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_ACCEPTED);
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

START_TEST(a_command_is_not_acknowledged_without_a_majority_of_disks)
{
	struct cluster *c = settled(false);
	c->disk_full[BETA] = c->disk_full[THIRD] = true;
	unsigned before = c->answers;
	cluster_request(c, ALPHA, REQUEST_STOP, NO_MEMBER);
	cluster_run(c, span_ms(4000));
	ck_assert_uint_eq(c->answers, before);
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_run(c, span_ms(2000));
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_TIMEOUT);
	cluster_free(c);
}
END_TEST

START_TEST(a_restart_with_kept_memory_keeps_claim_and_epoch)
{
	struct cluster *c = settled(false);
	static struct kept kept;
	static struct durable durable;
	uint64_t epoch = epoch_of(c, ALPHA);
	member_keep(&c->members[ALPHA], &kept);
	member_durable(&c->members[ALPHA], &durable);
	cluster_run(c, span_ms(300));
	cluster_boot(c, ALPHA, &durable, &kept);
	cluster_run(c, span_ms(20000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	ck_assert_uint_eq(c->starts[ALPHA], 1);
	ck_assert_uint_eq(epoch_of(c, ALPHA), epoch);
	cluster_free(c);
}
END_TEST

START_TEST(a_restart_after_the_lease_releases_and_says_so)
{
	struct cluster *c = settled(false);
	static struct kept kept;
	static struct durable durable;
	member_keep(&c->members[ALPHA], &kept);
	member_durable(&c->members[ALPHA], &durable);
	c->dead[ALPHA] = true;
	cluster_run(c, span_ms(2100));
	c->slow_stop = true;
	cluster_boot(c, ALPHA, &durable, &kept);
	ck_assert_int_eq(c->members[ALPHA].roles[0].claim.state, CLAIM_RELEASING);
	ck_assert(cluster_noted(c, ALPHA, NOTE_LEASE_OVER));
	cluster_free(c);
}
END_TEST

START_TEST(a_member_without_memory_abstains)
{
	struct cluster *c = settled(false);
	static struct durable durable;
	member_durable(&c->members[THIRD], &durable);
	cluster_boot(c, THIRD, &durable, NULL);
	power_off(c, ALPHA);
	cluster_run(c, span_ms(2500));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	cluster_run(c, span_ms(300));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

START_TEST(lost_state_is_learned_again_before_voting)
{
	struct cluster *c = settled(false);
	power_off(c, BETA);
	cluster_run(c, span_ms(5000));
	/* The witness loses its disk while beta is away: it cannot know what beta knows. */
	cluster_boot(c, THIRD, NULL, NULL);
	cluster_run(c, span_ms(10000));
	ck_assert(c->members[THIRD].relearning);
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	cluster_boot(c, BETA, NULL, NULL);
	cluster_run(c, span_ms(6000));
	ck_assert(!c->members[THIRD].relearning);
	ck_assert_uint_ne(cluster_owner(c), NO_MEMBER);
	cluster_free(c);
}
END_TEST

START_TEST(a_failed_role_moves_and_comes_back_when_nobody_else_can)
{
	struct cluster *c = settled(false);
	cluster_step(c, ALPHA,
	             (struct event){.kind = EVENT_FAILED, .as.resources = {0, epoch_of(c, ALPHA)}});
	ck_assert_uint_eq(cluster_owner(c), BETA);
	power_off(c, BETA);
	cluster_run(c, span_ms(20000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

START_TEST(an_unfit_node_gives_the_role_away)
{
	struct cluster *c = settled(false);
	cluster_step(c, ALPHA, (struct event){.kind = EVENT_FITNESS, .as.fitness = {0, false}});
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_step(c, ALPHA, (struct event){.kind = EVENT_FITNESS, .as.fitness = {0, true}});
	cluster_run(c, span_ms(10000));
	ck_assert_uint_eq(cluster_owner(c), BETA); /* no failback unless asked */
	cluster_free(c);
}
END_TEST

START_TEST(failback_waits_for_its_time)
{
	struct cluster *c = cluster_new(false);
	for (int i = 0; i < CLUSTER_MEMBERS; i++) {
		c->setups[i].roles[0].fails_back = true;
		c->setups[i].roles[0].failback = span_ms(10000);
	}
	cluster_run(c, span_ms(6000));
	cluster_request(c, ALPHA, REQUEST_MOVE, BETA);
	cluster_run(c, span_ms(9000));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_run(c, span_ms(2000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

START_TEST(leaving_hands_the_role_over)
{
	struct cluster *c = settled(false);
	cluster_step(c, ALPHA, (struct event){.kind = EVENT_LEAVE});
	ck_assert_uint_eq(cluster_owner(c), BETA);
	ck_assert(c->members[ALPHA].left);
	ck_assert(cluster_noted(c, BETA, NOTE_PEER_LEAVING));
	cluster_free(c);
}
END_TEST

START_TEST(other_voters_do_not_count)
{
	struct cluster *c = settled(false);
	/* The file of the witness names a fourth voter. */
	c->setups[THIRD].member_count = 4;
	c->setups[THIRD].members[3] = c->setups[THIRD].members[2];
	memcpy(c->setups[THIRD].members[3].name, "w2", 3);
	c->setups[THIRD].members[3].id = name_id("w2");
	cluster_boot(c, THIRD, NULL, NULL);
	power_off(c, BETA);
	cluster_run(c, span_ms(20000));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	ck_assert(cluster_noted(c, ALPHA, NOTE_VOTERS_DIFFER));
	cluster_free(c);
}
END_TEST

START_TEST(the_voter_set_is_remembered_not_reread)
{
	struct cluster *c = settled(false);
	static struct durable durable;
	member_durable(&c->members[THIRD], &durable);
	c->setups[THIRD].member_count = 4;
	c->setups[THIRD].members[3] = c->setups[THIRD].members[2];
	memcpy(c->setups[THIRD].members[3].name, "w2", 3);
	c->setups[THIRD].members[3].id = name_id("w2");
	cluster_boot(c, THIRD, &durable, NULL);
	ck_assert(cluster_noted(c, THIRD, NOTE_FILE_VOTERS_DIFFER));
	cluster_run(c, span_ms(5000));
	power_off(c, ALPHA);
	cluster_run(c, span_ms(5000));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

/* Fault 5: the daemon stands still before it acts. */
START_TEST(a_long_gap_needs_a_majority_before_anything_is_started)
{
	struct cluster *c = settled(false);
	ck_assert(member_may_act(&c->members[ALPHA], 0, c->now));
	c->now = instant_plus(c->now, span_ms(1300));
	c->deaf[ALPHA] = true; /* the others have not answered yet */
	cluster_step(c, ALPHA, (struct event){.kind = EVENT_DEADLINE});
	ck_assert(cluster_noted(c, ALPHA, NOTE_PAUSE_NOTICED));
	ck_assert(instant_before(c->now, member_lease_end(&c->members[ALPHA], 0)));
	ck_assert(!member_may_act(&c->members[ALPHA], 0, c->now));
	c->deaf[ALPHA] = false;
	cluster_run(c, span_ms(500));
	ck_assert(member_may_act(&c->members[ALPHA], 0, c->now));
	cluster_free(c);
}
END_TEST

/* A clone of beta, which is not here itself, was heard with the next number. */
static void hear_clone(struct cluster *c)
{
	uint32_t incarnation = c->members[BETA].incarnation + 1;
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++) {
		if (i == BETA)
			continue;
		c->members[i].heard[BETA].newest.incarnation = incarnation;
		c->members[i].peers[BETA].heard.incarnation = incarnation;
	}
}

/* Fault 61: without that they would write their disks and their logs with every heartbeat. */
START_TEST(a_member_and_its_clone_outbid_each_other_once_in_a_lease)
{
	struct cluster *c = settled(false);
	unsigned taken = 0, before = c->note_count;
	for (unsigned i = 0; i < 100; i++) {
		hear_clone(c);
		cluster_run(c, span_ms(200));
	}
	for (unsigned i = before; i < c->note_count; i++)
		taken += c->note_member[i] == BETA && c->notes[i] == NOTE_INCARNATION_TAKEN;
	ck_assert_uint_ge(taken, 8);
	ck_assert_uint_le(taken, 11);
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("member");
	TCase *rules = tcase_create("rules");
	tcase_set_timeout(rules, 60);
	const TTest *const tests[] = {
	    the_first_listed_node_takes_the_role_and_keeps_it,
	    after_a_power_off_the_next_node_is_up_within_the_promise,
	    an_isolated_owner_is_down_before_another_is_up,
	    a_deaf_owner_gives_up_although_it_is_heard,
	    a_mute_owner_gives_up_although_it_hears,
	    the_death_of_a_bystander_moves_nothing,
	    without_a_majority_nobody_owns,
	    a_move_goes_to_the_target_at_once,
	    a_move_is_refused_before_anything_stops,
	    of_two_moves_at_once_one_is_told_that_it_lost,
	    a_slow_stop_is_waited_for_while_connected,
	    a_slow_stop_is_cut_short_when_the_lease_ends,
	    a_stopped_role_stays_stopped_through_restarts,
	    a_command_is_not_acknowledged_without_a_majority_of_disks,
	    a_restart_with_kept_memory_keeps_claim_and_epoch,
	    a_restart_after_the_lease_releases_and_says_so,
	    a_member_without_memory_abstains,
	    lost_state_is_learned_again_before_voting,
	    a_failed_role_moves_and_comes_back_when_nobody_else_can,
	    an_unfit_node_gives_the_role_away,
	    failback_waits_for_its_time,
	    leaving_hands_the_role_over,
	    other_voters_do_not_count,
	    the_voter_set_is_remembered_not_reread,
	    a_long_gap_needs_a_majority_before_anything_is_started,
	    a_member_and_its_clone_outbid_each_other_once_in_a_lease,
	};
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		tcase_add_test(rules, tests[i]);
	suite_add_tcase(suite, rules);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
