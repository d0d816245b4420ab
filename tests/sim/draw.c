/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A random world for a seed.
 */
#include "tests/sim/chaos.h"

enum { MS = 1000000, PPM_BOUND = DRIFT_PER_MILLE * 1000 };

static const struct profile *draw_profile(struct rng *rng)
{
	unsigned total = 0;
	for (unsigned i = 0; i < run_profile_count; i++)
		total += run_profiles[i].weight;
	uint64_t pick = rng_below(rng, total);
	for (unsigned i = 0; i < run_profile_count; i++) {
		if (pick < run_profiles[i].weight)
			return &run_profiles[i];
		pick -= run_profiles[i].weight;
	}
	return &run_profiles[0];
}

static uint8_t draw_count(struct rng *rng)
{
	static const uint8_t counts[] = {3, 3, 3, 3, 3, 3, 4, 4, 5, 5, 2, 6, 7};
	if (rng_chance(rng, 5))
		return (uint8_t)rng_between(rng, 8, MEMBERS_MAX);
	return counts[rng_below(rng, sizeof counts)];
}

/* Members may have different leases, but even the shortest must hold four of the longest
 * heartbeats, or a quiet member would already look unreachable. */
static struct timing draw_timing(struct rng *rng, int64_t lease, int64_t shortest)
{
	int64_t heartbeat = shortest / rng_between(rng, 4, 10);
	int64_t release = rng_between(rng, lease / 10, lease);
	return (struct timing){{heartbeat}, {lease}, {release}};
}

static int64_t draw_ppm(struct rng *rng, int64_t most)
{
	switch (rng_below(rng, 4)) {
	case 0:
		return most;
	case 1:
		return -most;
	case 2:
		return 0;
	}
	return rng_between(rng, -most, most);
}

static void draw_members(struct run *run, struct plan *plan)
{
	struct rng *rng = &run->rng;
	static const int64_t leases[] = {200 * MS, 500 * MS, 500 * MS, 2000 * MS};
	int64_t lease = leases[rng_below(rng, 4)];
	bool reloads = run->profile->faults[FAULT_TIMING] + run->profile->faults[FAULT_PLOT] > 0;
	struct timing timing = draw_timing(rng, lease, reloads ? lease / 2 : lease);
	bool mixed = run->profile->has_mixed_timing || (reloads && rng_chance(rng, 150));
	int64_t ppm = run->profile->ppm_max > 0 ? run->profile->ppm_max : PPM_BOUND;
	bool drifts = run->profile->ppm_max > 0 || rng_chance(rng, 700);
	plan->member_count = draw_count(rng);
	/* Usually an odd cluster has a witness, as people build it. */
	bool has_witness = plan->member_count % 2 == 1 && rng_chance(rng, 500);
	for (uint8_t i = 0; i < plan->member_count; i++)
		plan->members[i] = (struct plan_member){
		    .is_node = !(has_witness && i + 1 == plan->member_count),
		    .votes = true,
		    .other_votes = true,
		    .timing = mixed
		                  ? draw_timing(rng, lease * rng_between(rng, 1, 4) / 2, lease / 2)
		                  : timing,
		    .ppm = drifts ? draw_ppm(rng, ppm) : 0,
		};
	run->lease = lease;
}

/* Some members of larger clusters have no vote. */
static void draw_votes(struct run *run, struct plan *plan)
{
	bool other = run->profile->has_other_voters;
	if (plan->member_count < 4 || !(other || rng_chance(&run->rng, 250)))
		return;
	uint8_t without = (uint8_t)rng_between(&run->rng, 1, (plan->member_count - 1) / 2);
	for (uint8_t i = 0; i < without; i++)
		plan->members[plan->member_count - 1 - i].votes = false;
}

/*
 * The other file gives every member a vote, or takes one. So few read it that they are no majority
 * of it: two clusters that really exist beside each other are beyond any rule.
 */
static void draw_other_file(struct run *run, struct plan *plan)
{
	uint8_t readers = 1;
	if (run->profile->splits) {
		plan->members[0].has_other_file = true;
		for (uint8_t i = 1; i < plan->member_count; i++)
			plan->members[i].other_votes = false;
		return;
	}
	if (plan->member_count >= 5 && rng_chance(&run->rng, 300))
		readers = 2;
	bool all_vote = true;
	for (uint8_t i = 0; i < plan->member_count; i++)
		all_vote &= plan->members[i].votes;
	if (all_vote && plan->member_count > 2)
		plan->members[plan->member_count - 1].other_votes = false;
	for (uint8_t i = 0; i < readers; i++)
		plan->members[rng_below(&run->rng, plan->member_count)].has_other_file = true;
}

static void draw_role(struct run *run, struct plan *plan, struct plan_role *role)
{
	struct rng *rng = &run->rng;
	uint8_t nodes[MEMBERS_MAX], count = 0;
	for (uint8_t i = 0; i < plan->member_count; i++)
		if (plan->members[i].is_node)
			nodes[count++] = i;
	uint8_t listed = count;
	if (count > 2 && rng_chance(rng, 300))
		listed = (uint8_t)rng_between(rng, 2, count);
	for (uint8_t i = 0; i < listed; i++) {
		uint8_t pick = (uint8_t)rng_between(rng, i, count - 1);
		uint8_t node = nodes[pick];
		nodes[pick] = nodes[i];
		role->nodes[i] = nodes[i] = node;
	}
	role->node_count = listed;
	role->fails_back = rng_chance(rng, 100);
	role->failback = (struct span){rng_between(rng, 0, run->lease)};
}

/* From about twelve roles on a heartbeat has several pages. */
static void draw_roles(struct run *run, struct plan *plan)
{
	static const uint8_t counts[] = {1, 1, 2, 3, 4, 6, 8};
	plan->role_count = counts[rng_below(&run->rng, sizeof counts)];
	if (run->profile->has_many_roles || rng_chance(&run->rng, 10))
		plan->role_count = (uint8_t)rng_between(&run->rng, 12, WORLD_ROLES_MAX);
	for (uint8_t r = 0; r < plan->role_count; r++)
		draw_role(run, plan, &plan->roles[r]);
	for (uint8_t i = 0; i < plan->member_count; i++) {
		plan->members[i].role_count = plan->role_count;
		/* A witness need not know every role. */
		if (!plan->members[i].is_node && rng_chance(&run->rng, 300))
			plan->members[i].role_count =
			    (uint8_t)rng_between(&run->rng, 0, plan->role_count);
		plan->members[i].other_definition = rng_chance(&run->rng, 10);
	}
}

static void draw_network(struct run *run, struct plan_network *network)
{
	struct rng *rng = &run->rng;
	static const unsigned losses[] = {0, 0, 0, 20, 100, 400};
	static const int64_t tails[] = {1, 1, 5, 20, 100}; /* hundredths of a lease */
	*network = (struct plan_network){
	    .loss_permille = losses[rng_below(rng, 6)],
	    .twin_permille = rng_chance(rng, 300) ? 50 : 0,
	    .late_permille = run->profile->is_late || rng_chance(rng, 100) ? 10 : 0,
	    .delay = 50000,
	    .delay_tail = run->lease / 100 * tails[rng_below(rng, 5)] / 4,
	    .late = 3 * run->lease,
	    .reorders = rng_chance(rng, 500),
	    .record_permille = 100,
	};
}

/* A cable, a rule of a firewall: down in one direction for as long as nobody looks. */
static void draw_severed(struct run *run, const struct plan *plan, struct plan_network *network)
{
	struct rng *rng = &run->rng;
	if (run->profile->severed_permille == 0 || !rng_chance(rng, run->profile->severed_permille))
		return;
	network->severed_count = (uint8_t)rng_between(rng, 1, WORLD_SEVERED_MAX);
	for (uint8_t i = 0; i < network->severed_count; i++) {
		network->severed[i].from = (uint8_t)rng_below(rng, plan->member_count);
		network->severed[i].to = (uint8_t)rng_below(rng, plan->member_count);
	}
}

/* Of gate and lifetime one is always there: without, an address answers while nobody can remove it.
 */
static void draw_layers(struct run *run, struct plan *plan)
{
	struct rng *rng = &run->rng;
	bool bare = run->profile->is_bare;
	plan->guard = !bare;
	plan->services_too = bare;
	plan->keeps = !bare && rng_chance(rng, 800);
	plan->restarts = !bare && rng_chance(rng, 700);
	plan->restart_max = run->lease / 20;
	plan->too_often_permille = 30;
	plan->gate = !bare && rng_chance(rng, 500);
	plan->lifetime = !bare && (!plan->gate || rng_chance(rng, 500));
	plan->watchdog = run->profile->has_watchdog;
	plan->keeps = plan->keeps || run->profile->keeps;
	if (run->profile->has_scripts) {
		plan->restarts = true; /* nobody else can end it */
		plan->script_max = rng_between(rng, run->lease / 10, 4 * run->lease);
	}
	if (run->profile->lack == LACKS_GUARD)
		plan->guard = false;
	if (run->profile->lack == LACKS_KERNEL)
		plan->gate = plan->lifetime = false;
	if (run->profile->lack == LACKS_WATCHDOG || run->profile->lack == LACKS_GUARD)
		plan->services_too = true;
	plan->keeps_late = run->profile->lack == LACKS_MEMORY_FIRST;
}

void run_draw(struct run *run, uint64_t seed, const struct profile *profile, struct plan *plan)
{
	run->rng = (struct rng){seed};
	struct rng *rng = &run->rng;
	run->profile = profile != NULL ? profile : draw_profile(rng);
	*plan = (struct plan){
	    .seed = rng_next(rng),
	    .path_count = rng_chance(rng, 150) ? 2 : 1,
	    .formed = rng_chance(rng, 700),
	    .wire = true,
	    .edgy = rng_chance(rng, 500),
	};
	draw_members(run, plan);
	draw_layers(run, plan);
	draw_votes(run, plan);
	if (run->profile->has_other_voters || run->profile->splits)
		draw_other_file(run, plan);
	draw_roles(run, plan);
	draw_network(run, &plan->network);
	draw_severed(run, plan, &plan->network);
	plan->start_max = rng_between(rng, 0, run->lease);
	plan->stop_max =
	    rng_between(rng, 0, rng_chance(rng, 300) ? 3 * run->lease : run->lease / 2);
	plan->write_max = rng_between(rng, MS / 10, rng_chance(rng, 200) ? run->lease : 5 * MS);
	if (run->profile->is_slow_to_write)
		plan->write_max = rng_between(rng, run->lease, 3 * run->lease);
	plan->tells_early = run->profile->tells_early;
	plan->timer_late_max = rng_between(rng, 0, MS);
	chaos_draw_fencing(run, plan);
	run->gap = run->lease / 10 * rng_between(rng, 2, 20);
}
