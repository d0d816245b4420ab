/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members whose files differ in their timing, as in every rolling change of it: the first owner
 * comes in time and stays, and when it is lost another follows within the promise that was given to
 * it. Each cluster is drawn anew; a failure names its seed.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/world/world.h"

enum { MS = 1000000, CLUSTERS = 60, QUIET_S = 10, ROUND_TRIPS = 10, START_MS = 5 };

enum loss { LOSS_POWER, LOSS_ISOLATED, LOSS_DEAF, LOSS_MUTE, LOSSES };

/* fast, lan, wan */
static const struct timing presets[] = {
    {{20 * MS}, {200 * MS}, {50 * MS}},
    {{200 * MS}, {INT64_C(2000) * MS}, {500 * MS}},
    {{1000 * MS}, {INT64_C(10000) * MS}, {INT64_C(2000) * MS}},
};
enum { PRESETS = sizeof presets / sizeof presets[0] };

/* A preset, or any ratio that a file may have. */
static struct timing draw_timing(struct rng *rng)
{
	if (!rng_chance(rng, 300))
		return presets[rng_below(rng, PRESETS)];
	int64_t heartbeat = rng_between(rng, 10 * MS, 100 * MS);
	if (rng_chance(rng, 500))
		heartbeat *= 10;
	int64_t lease = heartbeat * rng_between(rng, 4, 12);
	return (struct timing){{heartbeat}, {lease}, {rng_between(rng, lease / 10, lease)}};
}

static void draw(uint64_t seed, struct plan *plan)
{
	struct rng rng = {seed};
	*plan = (struct plan){
	    .seed = rng_next(&rng),
	    .member_count = (uint8_t)rng_between(&rng, 3, 5),
	    .role_count = 1,
	    .path_count = 1,
	    .formed = true,
	    .wire = true,
	    .guard = true,
	    .keeps = true,
	    .start_max = (int64_t)START_MS * MS,
	    .stop_max = (int64_t)START_MS * MS,
	    .write_max = 5 * MS,
	    .timer_late_max = MS,
	    .network = {.delay = rng_between(&rng, MS / 10, MS)},
	};
	for (uint8_t h = 0; h < plan->member_count; h++) {
		plan->members[h] = (struct plan_member){
		    .is_node = true, .votes = true, .role_count = 1, .timing = draw_timing(&rng)};
		plan->roles[0].nodes[h] = h;
	}
	plan->roles[0].node_count = plan->member_count;
}

static struct span longest_heartbeat(const struct world *world)
{
	struct span longest = {0};
	for (uint8_t h = 0; h < world->plan.member_count; h++)
		if (world->plan.members[h].timing.heartbeat.ns > longest.ns)
			longest = world->plan.members[h].timing.heartbeat;
	return longest;
}

static bool is_up(const struct world *world, uint8_t h)
{
	return world->hosts[h].stubs[0].state == STUB_UP;
}

static uint8_t other_owner(const struct world *world, uint8_t owner)
{
	for (uint8_t h = 0; h < world->plan.member_count; h++)
		if (h != owner && is_up(world, h))
			return h;
	return NO_MEMBER;
}

/* True time until a host but `not_this` has the role up; the test fails after `limit`. */
static int64_t await_owner(struct world *world, uint64_t seed, uint8_t not_this, int64_t limit)
{
	int64_t since = world->now;
	while (other_owner(world, not_this) == NO_MEMBER) {
		ck_assert_msg(world_run(world, world->now + MS / 2), "seed %" PRIu64 ": %s", seed,
		              world->check.violation);
		ck_assert_msg(world->now - since <= limit,
		              "seed %" PRIu64 ": no owner within %" PRId64 " ms", seed, limit / MS);
	}
	return world->now - since;
}

static void lose(struct world *world, uint8_t owner, enum loss loss)
{
	if (loss == LOSS_POWER)
		host_crash(world, owner, true, false);
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		if (h == owner)
			continue;
		if (loss == LOSS_ISOLATED || loss == LOSS_MUTE)
			net_cut(&world->net, owner, h, true);
		if (loss == LOSS_ISOLATED || loss == LOSS_DEAF)
			net_cut(&world->net, h, owner, true);
	}
}

/* The bound of the manual, and the start. A tick of this test, and late timers, are no part of it.
 */
static int64_t bound(const struct world *world, uint8_t owner)
{
	struct span promise = timing_promise(world->plan.members[owner].timing);
	return promise.ns + longest_heartbeat(world).ns + ROUND_TRIPS * 2 * world->net.plan.delay +
	       world->plan.start_max + 5 * MS;
}

static struct world *cluster(uint64_t seed, uint8_t *owner)
{
	struct plan plan;
	struct world *world = world_open();
	draw(seed, &plan);
	world_reset(world, &plan);
	/* All abstain at first, each for its own promise. */
	int64_t first = 2 * world_longest_promise(world).ns;
	await_owner(world, seed, NO_MEMBER, 3 * first);
	ck_assert(world_run(world, world->now + first));
	*owner = other_owner(world, NO_MEMBER);
	ck_assert_msg(*owner != NO_MEMBER, "seed %" PRIu64 ": the owner is gone again", seed);
	return world;
}

/* Fault 55: the settings of the members differ. */
START_TEST(an_owner_stays_whatever_the_timings_of_the_others)
{
	for (uint64_t seed = 1; seed <= CLUSTERS; seed++) {
		uint8_t owner;
		struct world *world = cluster(seed, &owner);
		uint64_t starts = world->check.starts;
		ck_assert(world_run(world, world->now + QUIET_S * INT64_C(1000) * MS));
		ck_assert_msg(world->check.starts == starts && is_up(world, owner),
		              "seed %" PRIu64 ": %" PRIu64 " starts in a quiet world", seed,
		              world->check.starts - starts);
		world_close(world);
	}
}
END_TEST

/* Fault 55: the same, and the owner is lost. */
START_TEST(a_lost_owner_is_followed_within_the_promise_that_it_was_given)
{
	for (uint64_t seed = 1; seed <= CLUSTERS; seed++) {
		uint8_t owner;
		struct world *world = cluster(seed, &owner);
		enum loss loss = (enum loss)(seed % LOSSES);
		lose(world, owner, loss);
		int64_t limit = bound(world, owner);
		int64_t took = await_owner(world, seed, owner, 60 * INT64_C(1000) * MS);
		ck_assert_msg(took <= limit,
		              "seed %" PRIu64 ", loss %d: %" PRId64 " ms, not %" PRId64, seed,
		              (int)loss, took / MS, limit / MS);
		world_close(world);
	}
}
END_TEST

int main(void)
{
	TCase *timings = tcase_create("timings");
	tcase_set_timeout(timings, 300);
	tcase_add_test(timings, an_owner_stays_whatever_the_timings_of_the_others);
	tcase_add_test(timings, a_lost_owner_is_followed_within_the_promise_that_it_was_given);
	Suite *suite = suite_create("timings");
	suite_add_tcase(suite, timings);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
