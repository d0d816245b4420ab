/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A daemon that dies and is started again by its guard costs nobody anything: the owner keeps its
 * role, its epoch and what is up, and its lease is renewed long before it ends.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/world/world.h"

enum { MS = 1000000, RESTARTS = 20, RESTART_MS = 20, WRITE_MS = 5 };

/* fast, lan, wan; milliseconds */
static const struct preset {
	int heartbeat, lease, release;
} presets[] = {{20, 200, 50}, {200, 2000, 500}, {1000, 10000, 2000}};
enum { PRESETS = sizeof presets / sizeof presets[0] };

enum which { OWNER, OTHERS, ALL };

static struct world *owned_world(struct timing timing)
{
	struct plan plan = {.seed = 11,
	                    .member_count = 3,
	                    .role_count = 1,
	                    .path_count = 1,
	                    .formed = true,
	                    .wire = true,
	                    .guard = true,
	                    .restarts = true,
	                    .restart_max = (int64_t)RESTART_MS * MS,
	                    .keeps = true,
	                    .gate = true,
	                    .write_max = (int64_t)WRITE_MS * MS,
	                    .timer_late_max = MS,
	                    .network = {.delay = 200000}};
	plan.roles[0] = (struct plan_role){.node_count = 2, .nodes = {0, 1}};
	for (uint8_t h = 0; h < 3; h++)
		plan.members[h] = (struct plan_member){
		    .is_node = h < 2, .votes = true, .role_count = 1, .timing = timing};
	struct world *world = world_open();
	world_reset(world, &plan);
	ck_assert(world_run(world, 10 * timing.lease.ns));
	ck_assert_uint_ne(world_owner(world, 0), NO_MEMBER);
	return world;
}

/* What is left of the owner's lease, as its guard and its gate know it. */
static int64_t lease_left(const struct world *world, uint8_t owner)
{
	const struct host *host = &world->hosts[owner];
	return instant_since(host->layers.roles[0].lease_end, clock_show(&host->clock, world->now))
	    .ns;
}

static int64_t least_left(struct world *world, uint8_t owner, int64_t span)
{
	int64_t least = INT64_MAX, until = world->now + span;
	while (world->now < until) {
		ck_assert_msg(world_run(world, world->now + MS / 2), "%s", world->check.violation);
		int64_t left = lease_left(world, owner);
		least = left < least ? left : least;
	}
	return least;
}

/* The daemons of the hosts in `which` die at once, over and over. */
static void expect_unnoticed(struct timing timing, enum which which, int64_t *worst)
{
	struct world *world = owned_world(timing);
	uint8_t owner = world_owner(world, 0);
	const struct stub *stub = &world->hosts[owner].stubs[0];
	uint64_t epoch = stub->epoch, starts = world->check.starts;
	uint32_t serial = stub->serial;
	int64_t least = INT64_MAX;
	for (unsigned i = 0; i < RESTARTS; i++) {
		for (uint8_t h = 0; h < 3; h++)
			if ((which == ALL || (which == OWNER) == (h == owner)) &&
			    host_is_up(&world->hosts[h]))
				host_crash(world, h, false, false);
		int64_t span = 2 * timing.lease.ns + timing.heartbeat.ns * i / RESTARTS;
		int64_t left = least_left(world, owner, span);
		least = left < least ? left : least;
	}
	ck_assert_uint_eq(world->check.starts, starts);
	ck_assert_uint_eq(stub->serial, serial);
	ck_assert_uint_eq(stub->epoch, epoch);
	ck_assert_uint_eq(world->hosts[owner].member->roles[0].claim.epoch, epoch);
	*worst = timing.lease.ns - least;
	world_close(world);
}

/*
 * How much of its lease the owner may be short of, in heartbeats: one or two are what it is short
 * of when the next confirmation is due; then come the restart and the first write; then an answer
 * that had to be asked for again, and, where both sides are new, the page which that answer echoes.
 */
static void expect_all(enum which which, int heartbeats)
{
	for (unsigned i = 0; i < PRESETS; i++) {
		int64_t worst = 0;
		const struct preset *preset = &presets[i];
		struct timing timing = {span_ms(preset->heartbeat), span_ms(preset->lease),
		                        span_ms(preset->release)};
		int allowed = heartbeats * preset->heartbeat + RESTART_MS + WRITE_MS + 10;
		expect_unnoticed(timing, which, &worst);
		printf("heartbeat %4d ms, lease %5d ms: at worst %4d ms short, %4d allowed\n",
		       preset->heartbeat, preset->lease, (int)(worst / MS), allowed);
		ck_assert_int_le(worst, allowed * INT64_C(1000000));
	}
}

/* Fault 65: the daemon is restarted, as by an upgrade. */
START_TEST(the_owners_daemon_is_restarted_and_nothing_changes_hands)
{
	expect_all(OWNER, 3);
}
END_TEST

START_TEST(all_other_daemons_are_restarted_and_nothing_changes_hands)
{
	expect_all(OTHERS, 3);
}
END_TEST

START_TEST(all_daemons_are_restarted_at_once_and_nothing_changes_hands)
{
	expect_all(ALL, 4);
}
END_TEST

int main(void)
{
	TCase *restarts = tcase_create("restarts");
	tcase_set_timeout(restarts, 60);
	tcase_add_test(restarts, the_owners_daemon_is_restarted_and_nothing_changes_hands);
	tcase_add_test(restarts, all_other_daemons_are_restarted_and_nothing_changes_hands);
	tcase_add_test(restarts, all_daemons_are_restarted_at_once_and_nothing_changes_hands);
	Suite *suite = suite_create("restarts");
	suite_add_tcase(suite, restarts);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
