/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of the simulated world have teeth: each promise is broken on purpose, by a planted
 * fault or by hand, and must be reported. A check that never fired is not a check.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/run.h"

/* The rarest fault shows in one of some hundreds. */
enum { SEEDS = 1500 };

/* The first violation within SEEDS runs of the profile; fails the test when there is none. */
static void expect_violation(const char *profile, const char *words)
{
	struct world *world = world_open();
	struct run run;
	bool found = false;
	for (uint64_t seed = 1; seed <= SEEDS && !found; seed++) {
		bool kept = run_seed(&run, world, seed, run_profile(profile), true);
		found = !kept && strstr(world->check.violation, words) != NULL;
	}
	world_close(world);
	ck_assert_msg(found, "%s: nobody reported \"%s\"", profile, words);
}

START_TEST(clocks_beyond_the_promised_drift_are_reported_as_two_owners)
{
	expect_violation("planted-drift", "two owners");
}
END_TEST

START_TEST(a_lying_disk_is_reported)
{
	expect_violation("planted-disk", "");
}
END_TEST

START_TEST(old_copies_of_which_nobody_can_know_are_reported)
{
	expect_violation("planted-copies", "");
}
END_TEST

START_TEST(a_slow_disk_that_says_too_early_that_it_has_written_is_reported)
{
	expect_violation("planted-early-word", "");
}
END_TEST

START_TEST(a_file_that_makes_one_member_a_majority_is_reported)
{
	expect_violation("planted-voters", "");
}
END_TEST

START_TEST(a_guard_that_is_missing_is_reported)
{
	expect_violation("planted-no-guard", "two owners");
}
END_TEST

START_TEST(an_address_that_stays_when_guard_and_daemon_stand_still_is_reported)
{
	expect_violation("planted-no-kernel", "two hosts answer");
}
END_TEST

START_TEST(services_that_stay_when_guard_and_daemon_stand_still_are_reported)
{
	expect_violation("planted-no-watchdog", "two owners");
}
END_TEST

START_TEST(a_memory_that_is_written_after_what_a_step_asks_for_is_reported)
{
	expect_violation("planted-memory-late", "");
}
END_TEST

/* A small quiet world with an owner of its only role. */
static struct world *owned_world(uint8_t *owner)
{
	struct plan plan = {.seed = 7,
	                    .member_count = 3,
	                    .role_count = 1,
	                    .path_count = 1,
	                    .formed = true,
	                    .wire = true,
	                    .guard = true,
	                    .keeps = true,
	                    .write_max = 1000000,
	                    .network = {.delay = 100000}};
	plan.roles[0] = (struct plan_role){.node_count = 2, .nodes = {0, 1}};
	for (uint8_t h = 0; h < 3; h++)
		plan.members[h] =
		    (struct plan_member){.is_node = h < 2,
		                         .votes = true,
		                         .other_votes = true,
		                         .role_count = 1,
		                         .timing = {span_ms(100), span_ms(500), span_ms(100)}};
	struct world *world = world_open();
	world_reset(world, &plan);
	ck_assert(world_run(world, INT64_C(5000) * 1000000));
	*owner = world_owner(world, 0);
	ck_assert_uint_ne(*owner, NO_MEMBER);
	return world;
}

static void expect(struct world *world, const char *words)
{
	ck_assert_msg(world->check.violated, "nothing was reported");
	ck_assert_msg(strstr(world->check.violation, words) != NULL, "reported instead: %s",
	              world->check.violation);
	world_close(world);
}

START_TEST(a_second_owner_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	check_start(world, owner == 0 ? 1 : 0, 0, world->check.last_epoch[0] + 1);
	expect(world, "without a valid lease");
	world = owned_world(&owner);
	world->hosts[owner == 0 ? 1 : 0].stubs[0].state = STUB_STOPPING;
	world->hosts[owner].stubs[0].state = STUB_DOWN;
	check_start(world, owner, 0, world->check.last_epoch[0] + 1);
	expect(world, "two owners");
}
END_TEST

START_TEST(an_epoch_that_is_used_again_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	world->hosts[owner].stubs[0].state = STUB_DOWN;
	world->check.last_owner[0] = owner == 0 ? 1 : 0;
	check_start(world, owner, 0, world->check.last_epoch[0]);
	expect(world, "does not grow");
}
END_TEST

START_TEST(a_start_on_a_member_that_is_no_candidate_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	check_start(world, 2, 0, world->check.last_epoch[0] + 1);
	expect(world, "not among its nodes");
}
END_TEST

START_TEST(a_start_after_an_acknowledged_stop_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	world_request(world, owner, REQUEST_STOP, 0, NO_MEMBER);
	ck_assert(world_run(world, world->now + INT64_C(3000) * 1000000));
	ck_assert_int_eq(world->check.known[0], KNOWN_STOPPED);
	ck_assert_uint_eq(world_owner(world, 0), NO_MEMBER);
	/* Somebody resurrects what was wanted before. */
	for (uint8_t h = 0; h < 3; h++) {
		world->hosts[h].member->roles[0].record.wanted = WANTED_STARTED;
		world->hosts[h].member->roles[0].stored.wanted = WANTED_STARTED;
	}
	ck_assert(!world_run(world, world->now + INT64_C(3000) * 1000000));
	expect(world, "after an acknowledged stop");
}
END_TEST

START_TEST(a_start_after_an_acknowledged_pause_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	uint8_t other = owner == 0 ? 1 : 0;
	world_request(world, owner, REQUEST_PAUSE, 0, other);
	ck_assert(world_run(world, world->now + INT64_C(1000) * 1000000));
	ck_assert(world->check.known_paused[other]);
	world->hosts[other].member->paused = false;
	host_crash(world, owner, true, false);
	ck_assert(!world_run(world, world->now + INT64_C(3000) * 1000000));
	expect(world, "after an acknowledged pause");
}
END_TEST

START_TEST(a_command_that_is_never_answered_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	world_request(world, owner, REQUEST_STOP, 0, NO_MEMBER);
	ck_assert(world_run(world, world->now + INT64_C(5000) * 1000000));
	check_overdue(world);
	ck_assert(!world->check.violated);
	world->check.requests[0].open = true; /* as if there had been no answer */
	check_overdue(world);
	expect(world, "did not answer");
}
END_TEST

START_TEST(leaving_with_resources_up_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	check_left(world, owner);
	expect(world, "left with");
}
END_TEST

/* A script that stops late is excused only as long as its host says that it may run. */
START_TEST(a_daemon_that_takes_a_killed_stop_for_an_end_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	struct host *host = &world->hosts[owner];
	world->plan.gate = true;
	host->stubs[0].script_time = INT64_C(60000) * 1000000;
	for (uint8_t h = 0; h < 3; h++) {
		net_cut(&world->net, owner, h, true);
		net_cut(&world->net, h, owner, true);
	}
	ck_assert(world_run(world, world->now + INT64_C(5000) * 1000000));
	ck_assert_int_eq(host->stubs[0].state, STUB_STOPPING);
	ck_assert_int_eq(world->hosts[owner == 0 ? 1 : 0].stubs[0].state, STUB_UP);
	ck_assert(host->member->roles[0].claim.may_run);
	struct event believed = {.kind = EVENT_RELEASED,
	                         .as.resources = {.epoch = host->member->roles[0].claim.epoch}};
	host_step(world, owner, &believed);
	ck_assert(!world_run(world, world->now + INT64_C(1000) * 1000000));
	expect(world, "two owners");
}
END_TEST

/* The owner's daemon dies; its memory is as `spoil` leaves it when the next one reads it. */
static void expect_of_memory(void (*spoil)(struct kept_role *kept), const char *words)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	host_crash(world, owner, false, false);
	spoil(&world->hosts[owner].layers.kept.roles[0]);
	host_boot(world, owner);
	expect(world, words);
}

static void forget_claim(struct kept_role *kept)
{
	kept->claim = CLAIM_NONE;
}

static void forget_epoch(struct kept_role *kept)
{
	kept->claim_epoch--;
}

START_TEST(a_memory_that_does_not_know_what_is_up_is_reported)
{
	expect_of_memory(forget_claim, "knows nothing of it");
	expect_of_memory(forget_epoch, "goes on with");
}
END_TEST

START_TEST(an_address_that_answers_on_two_hosts_is_reported_even_where_services_are_excused)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	uint8_t other = owner == 0 ? 1 : 0;
	world->plan.gate = true;
	guard_kill(world, owner, INT64_MAX);
	host_freeze(world, owner, INT64_C(9000) * 1000000);
	ck_assert(world_run(world, world->now + INT64_C(3000) * 1000000));
	ck_assert_uint_eq(world->up[0], 3); /* both, but only one answers */
	ck_assert(!layers_answer(world, owner, 0) && layers_answer(world, other, 0));
	world->hosts[owner].layers.roles[0].gate_end = INSTANT_NEVER;
	ck_assert(!world_run(world, world->now + INT64_C(1000) * 1000000));
	expect(world, "two hosts answer");
}
END_TEST

/* Asks to be called again at this very moment. */
static void never_rest(struct world *world, void *context)
{
	(void)context;
	world_plan(world, 0, &(struct happening){.kind = HAPPEN_FAULT});
}

START_TEST(a_member_that_wakes_itself_for_ever_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	world->fault = never_rest;
	never_rest(world, NULL);
	ck_assert(!world_run(world, world->now + INT64_C(1000) * 1000000));
	expect(world, "time stands still");
}
END_TEST

START_TEST(a_daemon_that_overlooks_what_its_guard_did_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	world->hosts[owner].stubs[0].state = STUB_DOWN;
	world->hosts[owner].stubs[0].is_ended = true;
	world->hosts[owner].has_ended = true;
	ck_assert(!world_run(world, world->now + INT64_C(1000) * 1000000));
	expect(world, "which its guard has ended");
}
END_TEST

START_TEST(a_member_in_a_state_that_breaks_a_rule_is_reported)
{
	uint8_t owner;
	struct world *world = owned_world(&owner);
	world->hosts[owner].member->roles[0].operation.active = true;
	world->hosts[owner].member->roles[0].phase = PHASE_DOWN;
	world->hosts[owner].member->roles[0].claim.state = CLAIM_NONE;
	ck_assert(!world_run(world, world->now + INT64_C(1000) * 1000000));
	expect(world, "only an owner carries out commands");
}
END_TEST

int main(void)
{
	TCase *planted = tcase_create("planted faults");
	tcase_set_timeout(planted, 60);
	tcase_add_test(planted, clocks_beyond_the_promised_drift_are_reported_as_two_owners);
	tcase_add_test(planted, a_lying_disk_is_reported);
	tcase_add_test(planted, old_copies_of_which_nobody_can_know_are_reported);
	tcase_add_test(planted, a_slow_disk_that_says_too_early_that_it_has_written_is_reported);
	tcase_add_test(planted, a_file_that_makes_one_member_a_majority_is_reported);
	tcase_add_test(planted, a_guard_that_is_missing_is_reported);
	tcase_add_test(planted,
	               an_address_that_stays_when_guard_and_daemon_stand_still_is_reported);
	tcase_add_test(planted, services_that_stay_when_guard_and_daemon_stand_still_are_reported);
	tcase_add_test(planted, a_memory_that_is_written_after_what_a_step_asks_for_is_reported);
	TCase *by_hand = tcase_create("by hand");
	tcase_add_test(by_hand, a_second_owner_is_reported);
	tcase_add_test(by_hand, an_epoch_that_is_used_again_is_reported);
	tcase_add_test(by_hand, a_start_on_a_member_that_is_no_candidate_is_reported);
	tcase_add_test(by_hand, a_start_after_an_acknowledged_stop_is_reported);
	tcase_add_test(by_hand, a_start_after_an_acknowledged_pause_is_reported);
	tcase_add_test(by_hand, a_command_that_is_never_answered_is_reported);
	tcase_add_test(by_hand, leaving_with_resources_up_is_reported);
	tcase_add_test(by_hand, a_daemon_that_takes_a_killed_stop_for_an_end_is_reported);
	tcase_add_test(by_hand, a_daemon_that_overlooks_what_its_guard_did_is_reported);
	tcase_add_test(by_hand, a_member_that_wakes_itself_for_ever_is_reported);
	tcase_add_test(by_hand, a_member_in_a_state_that_breaks_a_rule_is_reported);
	tcase_add_test(by_hand, a_memory_that_does_not_know_what_is_up_is_reported);
	tcase_add_test(
	    by_hand,
	    an_address_that_answers_on_two_hosts_is_reported_even_where_services_are_excused);
	Suite *suite = suite_create("teeth");
	suite_add_tcase(suite, planted);
	suite_add_tcase(suite, by_hand);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
