/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rolling edits: the file of a running cluster is edited and its members read it one after the
 * other, in a random order, with pauses, in half of the runs while hosts and links fail. Nothing is
 * up twice, whatever it is called, and in the end all is as the new file says. `test_rolling SEED`
 * tells the run of one seed; `test_rolling FIRST COUNT` runs many.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/order.h"
#include "tests/sim/edit.h"
#include "tests/sim/run.h"
#include "tests/world/show.h"

enum { MS = 1000000, RUNS = 40, ROLES = 7, FIRST_ROLES = 3, IDS_MAX = 64 };

static const struct profile storm = {
    .name = "rolling",
    .faults = {[FAULT_KILL] = 6,
               [FAULT_POWER] = 3,
               [FAULT_FREEZE] = 4,
               [FAULT_DIES_IN_STEP] = 4,
               [FAULT_HIT_OWNER] = 6,
               [FAULT_PARTITION] = 3,
               [FAULT_CUTS] = 3,
               [FAULT_ONE_WAY] = 2,
               [FAULT_HEAL] = 10,
               [FAULT_MOVE] = 6},
};

struct roll {
	struct run run;
	struct world *world;
	struct setup before, after;
	uint64_t seed;
	bool is_calm;
	bool is_forced; /* somebody read the file although `reload` refuses */
	char edits[3 * EDIT_TEXT_BYTES];
	uint64_t starts[ROLES];
	struct {
		uint32_t id;
		int64_t up_at, worst; /* was up last; was down for so long at most */
	} outages[IDS_MAX];
	unsigned outage_count;
};

static void draw_plan(struct roll *roll, struct plan *plan)
{
	struct rng *rng = &roll->run.rng;
	static const int64_t leases[] = {200, 500, 2000};
	int64_t lease = leases[rng_below(rng, 3)] * MS;
	struct timing timing = {{lease / 10}, {lease}, {lease / 4}};
	*plan = (struct plan){
	    .seed = rng_next(rng),
	    .member_count = (uint8_t)rng_between(rng, 3, 5),
	    .role_count = ROLES,
	    .path_count = 1,
	    .formed = true,
	    .wire = true,
	    .guard = true,
	    .restarts = true,
	    .restart_max = lease / 20,
	    .keeps = true,
	    .gate = true,
	    .edits = true,
	    .start_max = lease / 20,
	    .stop_max = lease / 10,
	    .write_max = 5 * MS,
	    .timer_late_max = MS,
	    .network = {.delay = rng_between(rng, MS / 10, MS)},
	};
	for (uint8_t h = 0; h < plan->member_count; h++)
		plan->members[h] = (struct plan_member){
		    .is_node = true, .votes = true, .role_count = ROLES, .timing = timing};
	roll->run.lease = lease;
	roll->run.gap = 2 * lease;
}

static void give(struct roll *roll, uint8_t h, const struct setup *file)
{
	struct setup own = *file;
	own.self = h;
	file_replace(roll->world, h, &own);
}

static void draw_files(struct roll *roll)
{
	struct world *world = roll->world;
	struct rng *rng = &roll->run.rng;
	roll->before = world->hosts[0].setup;
	for (uint8_t r = 0; r < FIRST_ROLES; r++)
		edit_add(&roll->before, r, world->plan.member_count, rng);
	edit_seal(&roll->before);
	roll->after = roll->before;
	for (int64_t n = rng_between(rng, 1, 3), made = 0; made < n;) {
		const char *word;
		if (!edit_draw(&roll->after, rng, &word))
			continue;
		size_t length = strlen(roll->edits);
		snprintf(roll->edits + length, sizeof roll->edits - length, "%s%s",
		         length > 0 ? ", " : "", word);
		made++;
	}
	edit_seal(&roll->after);
	for (uint8_t h = 0; h < world->plan.member_count; h++)
		give(roll, h, &roll->before);
}

/* --- what is watched */

static bool has_in(const struct setup *file, uint32_t id)
{
	for (uint8_t r = 0; r < file->role_count; r++)
		if (identities_have(&file->roles[r].identities, id))
			return true;
	return false;
}

static bool is_up(const struct world *world, uint32_t id)
{
	for (uint8_t h = 0; h < world->plan.member_count; h++)
		for (uint8_t r = 0; r < ROLES; r++)
			if (world->hosts[h].stubs[r].state == STUB_UP &&
			    identities_have(&world->hosts[h].stubs[r].what, id))
				return true;
	return false;
}

static void watch_begin(struct roll *roll)
{
	for (uint8_t r = 0; r < ROLES; r++)
		for (uint8_t i = 0; i < roll->before.roles[r].identities.count; i++) {
			uint32_t id = roll->before.roles[r].identities.ids[i];
			if (!has_in(&roll->after, id))
				continue;
			roll->outages[roll->outage_count].id = id;
			roll->outages[roll->outage_count++].up_at = roll->world->now;
		}
}

static void watch(struct roll *roll)
{
	int64_t now = roll->world->now;
	for (unsigned i = 0; i < roll->outage_count; i++) {
		if (is_up(roll->world, roll->outages[i].id))
			roll->outages[i].up_at = now;
		if (now - roll->outages[i].up_at > roll->outages[i].worst)
			roll->outages[i].worst = now - roll->outages[i].up_at;
	}
}

/* False: a promise is broken. */
static bool pass(struct roll *roll, int64_t span)
{
	for (int64_t until = roll->world->now + span; roll->world->now < until;) {
		if (!world_run(roll->world, roll->world->now + MS))
			return false;
		watch(roll);
	}
	return true;
}

/* --- the roll */

static void look(const struct host *host, const struct world *world, struct order_role *roles)
{
	struct instant now = clock_show(&host->clock, world->now);
	for (uint8_t r = 0; r < ROLES; r++) {
		struct role_view view;
		member_view_role(host->member, r, now, &view);
		roles[r] = (struct order_role){.owner = view.owner};
		for (uint8_t c = 0; c < view.candidate_count; c++)
			if (view.candidates[c].member == view.owner)
				roles[r].has_read_another = view.candidates[c].mismatch;
	}
}

/* What `reload` says; *to: the role that is to be moved here instead. */
static bool is_refused(const struct roll *roll, uint8_t h, uint8_t *to)
{
	const struct host *host = &roll->world->hosts[h];
	struct order_role roles[ROLES_MAX];
	if (!host_is_up(host))
		return false;
	struct setup after = roll->after;
	after.self = h;
	look(host, roll->world, roles);
	for (uint8_t r = 0; r < ROLES; r++)
		for (uint8_t i = 0; i < host->setup.roles[r].identities.count; i++)
			if (roles[r].owner == h &&
			    order_waits_for(&after, host->setup.roles[r].id,
			                    host->setup.roles[r].identities.ids[i], roles, to))
				return true;
	return false;
}

enum { TRIES = 12 };

/* One member after the other; whom `reload` refuses comes later, or gets the role that is named. */
static bool roll_over(struct roll *roll)
{
	struct rng *rng = &roll->run.rng;
	uint8_t n = roll->world->plan.member_count, left = n, order[MEMBERS_MAX];
	for (uint8_t i = 0; i < n; i++)
		order[i] = i;
	for (unsigned tries = 0; left > 0; tries++) {
		uint8_t pick = (uint8_t)rng_below(rng, left), h = order[pick], to = 0;
		bool refused = is_refused(roll, h, &to);
		if (refused && tries >= TRIES / 2)
			world_request(roll->world, h, REQUEST_MOVE, to, h);
		if (!refused || tries > TRIES * (unsigned)n) {
			roll->is_forced |= refused;
			give(roll, h, &roll->after);
			order[pick] = order[--left];
		}
		bool soon = rng_chance(rng, 300);
		if (!pass(roll, rng_between(rng, 0, soon ? MS : 3 * roll->run.lease)))
			return false;
	}
	return true;
}

static void calm_down(struct roll *roll)
{
	struct world *world = roll->world;
	roll->run.is_over = true;
	net_heal(&world->net);
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		world->hosts[h].doom = DOOM_NONE;
		guard_thaw(world, h);
		guard_boot(world, h);
		host_thaw(world, h);
		if (world->hosts[h].state == HOST_OFF)
			world_plan(world, 0, &(struct happening){.kind = HAPPEN_BOOT, .host = h});
	}
}

/* --- the end */

static bool is_as_file(struct roll *roll, uint8_t r, char *why, size_t size)
{
	struct world *world = roll->world;
	const struct setup_role *file = &roll->after.roles[r];
	unsigned owners = 0;
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		const struct stub *stub = &world->hosts[h].stubs[r];
		if (stub->state == STUB_DOWN)
			continue;
		owners++;
		if (!world->hosts[h].setup.roles[r].retired && stub->state == STUB_UP &&
		    identities_cover(&stub->what, &file->identities) &&
		    identities_cover(&file->identities, &stub->what))
			continue;
		snprintf(why, size, "%s is not on %s what the file says", story_role(world, r),
		         story_host(world, h));
		return false;
	}
	if (owners == (file->node_count > 0 ? 1 : 0))
		return true;
	snprintf(why, size, "%s has %u owners", story_role(world, r), owners);
	return false;
}

static bool has_settled(struct roll *roll, char *why, size_t size)
{
	for (uint8_t h = 0; h < roll->world->plan.member_count; h++)
		if (roll->world->hosts[h].state != HOST_RUNNING ||
		    roll->world->hosts[h].setup.config_digest != roll->after.config_digest) {
			snprintf(why, size, "%s does not run with the new file",
			         story_host(roll->world, h));
			return false;
		}
	for (uint8_t r = 0; r < ROLES; r++)
		if (!is_as_file(roll, r, why, size))
			return false;
	return true;
}

/* A move: the stop, what says so, votes of a few heartbeats, and the start. And a role that gets a
 * resource may be refused while its other owner drops it: it asks again after its promise. */
static int64_t outage_bound(const struct roll *roll)
{
	int64_t heartbeat = roll->before.timing.heartbeat.ns > roll->after.timing.heartbeat.ns
	                        ? roll->before.timing.heartbeat.ns
	                        : roll->after.timing.heartbeat.ns;
	return roll->world->plan.stop_max + roll->world->plan.start_max + 4 * heartbeat +
	       roll->world->plan.restart_max + world_longest_promise(roll->world).ns + 30 * MS;
}

static bool is_short(struct roll *roll, char *why, size_t size)
{
	for (unsigned i = 0; i < roll->outage_count && roll->is_calm && !roll->is_forced; i++)
		if (roll->outages[i].worst > outage_bound(roll)) {
			snprintf(why, size,
			         "resource %08" PRIx32 " was down for %" PRId64 " ms, not %" PRId64,
			         roll->outages[i].id, roll->outages[i].worst / MS,
			         outage_bound(roll) / MS);
			return false;
		}
	return true;
}

static bool is_quiet(struct roll *roll, char *why, size_t size)
{
	uint64_t starts = roll->world->check.starts;
	if (!pass(roll, 2 * world_longest_promise(roll->world).ns))
		return false;
	if (roll->world->check.starts != starts)
		snprintf(why, size, "%" PRIu64 " starts in a quiet world",
		         roll->world->check.starts - starts);
	return roll->world->check.starts == starts;
}

static bool settle(struct roll *roll, char *why, size_t size)
{
	int64_t limit = roll->world->now + 8 * world_longest_promise(roll->world).ns;
	while (!has_settled(roll, why, size))
		if (roll->world->now >= limit || !pass(roll, roll->run.lease / 4))
			return false;
	return is_short(roll, why, size) && is_quiet(roll, why, size);
}

static bool run_roll(struct roll *roll, struct world *world, uint64_t seed, char *why, size_t size)
{
	struct plan plan;
	*roll = (struct roll){.world = world, .seed = seed};
	roll->run = (struct run){.world = world, .profile = &storm, .rng = {seed}};
	draw_plan(roll, &plan);
	roll->is_calm = rng_chance(&roll->run.rng, 500);
	world_reset(world, &plan);
	draw_files(roll);
	story_tell(world, NO_MEMBER, "(edit: %s)", roll->edits);
	bool kept = pass(roll, 6 * roll->run.lease);
	watch_begin(roll);
	world->fault = run_fault;
	world->fault_context = &roll->run;
	if (!roll->is_calm)
		world_plan(world, 0, &(struct happening){.kind = HAPPEN_FAULT});
	kept = kept && roll_over(roll);
	calm_down(roll);
	kept = kept && settle(roll, why, size);
	if (world->check.violated)
		snprintf(why, size, "%s", world->check.violation);
	return kept && !world->check.violated;
}

static void print_line(void *context, const char *line)
{
	(void)context;
	puts(line);
}

enum { WHY_BYTES = 500 };

static bool many(uint64_t first, uint64_t count, bool told)
{
	struct world *world = world_open();
	struct roll *roll = malloc(sizeof *roll);
	char why[WHY_BYTES] = "";
	unsigned failed = 0, forced = 0;
	uint64_t starts = 0;
	world->story.threshold = LEVEL_DEBUG;
	world->story.sink = told ? print_line : NULL;
	for (uint64_t seed = first; seed < first + count; seed++) {
		bool ok = run_roll(roll, world, seed, why, sizeof why);
		forced += roll->is_forced;
		starts += world->check.starts;
		failed += !ok;
		for (uint8_t h = 0; !ok && told && h < world->plan.member_count; h++)
			show_host(world, h, print_line, NULL);
		if (!ok)
			printf("seed %" PRIu64 " (%s; %s): %s\n", seed, roll->edits,
			       roll->is_calm ? "calm" : "under faults", why);
	}
	printf("rolling: %" PRIu64 " edits, %" PRIu64 " starts, %u in an order that is refused, %u "
	       "failed\n",
	       count, starts, forced, failed);
	free(roll);
	world_close(world);
	return failed == 0;
}

/* Fault 55: the settings of the members differ, as in every rolling change. */
START_TEST(rolling_edits_end_in_the_new_file_and_nothing_is_up_twice)
{
	ck_assert(many(1, RUNS, false));
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 1) {
		uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
		return many(strtoull(argv[1], NULL, 10), count, argc == 2) ? EXIT_SUCCESS
		                                                           : EXIT_FAILURE;
	}
	TCase *cases = tcase_create("rolling");
	tcase_set_timeout(cases, 240);
	tcase_add_test(cases, rolling_edits_end_in_the_new_file_and_nothing_is_up_twice);
	Suite *suite = suite_create("rolling");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
