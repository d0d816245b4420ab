/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second half of a run: a random majority is healed and must come to rest with exactly one
 * owner of each wanted role, while the others are gone, cut off, or heard in one direction only.
 */
#include <inttypes.h>

#include "tests/sim/chaos.h"

/*
 * The liveness bound. A promise that stands, or an abstention that begins, at the moment of healing
 * lasts the longest promise on the slowest clock (1). A graceful stop that is under way ends within
 * stop_max or script_max, or at lease end within release, which the promise contains (2). A member
 * that lost its memory has to hear two heartbeats of others and to write before it votes (3). Then
 * seekers that collide withdraw after four heartbeats and come back within some more, a few times
 * at worst (4), commands wait for their answer and may take a role to write it down (5), and the
 * winner starts (6). A command may make an owner of a role that is not wanted, whose successor then
 * goes through (2) to (6) once more; and a planned move or failback under way at the moment of
 * healing is one more reign. Hence two rounds.
 */
enum { ROUNDS = 2, SEEK_HEARTBEATS = 40, WRITES = 6, QUIET_PROMISES = 3 };

static int64_t longest_heartbeat(const struct world *world)
{
	int64_t longest = 0;
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		int64_t heartbeat = world->hosts[h].setup.timing.heartbeat.ns;
		if (heartbeat > longest)
			longest = heartbeat;
	}
	return longest;
}

static int64_t settle_bound(const struct world *world)
{
	int64_t promise = world_longest_promise(world).ns;
	promise += promise / 50;
	int64_t round = promise + world->plan.stop_max + world->plan.script_max +
	                world->plan.start_max + WRITES * world->plan.write_max +
	                SEEK_HEARTBEATS * longest_heartbeat(world);
	return ROUNDS * round + 4 * world->check.grace;
}

/* Where a link was never there, or a member counts with other voters, a member of a new cluster may
 * not have learned yet that it is new. Anywhere else who relearns has lost what it knew: its disk,
 * or its trust in it, which the member may know before the disk says so. */
static bool has_not_learned(const struct world *world, uint8_t h)
{
	const struct host *host = &world->hosts[h];
	bool is_up = host->state != HOST_OFF;
	bool is_new = !world->plan.formed && (!is_up || host->member->incarnation == 1);
	bool is_hindered = world->plan.network.severed_count > 0;
	for (uint8_t i = 0; i < world->plan.member_count; i++)
		is_hindered = is_hindered || world->plan.members[i].has_other_file;
	return (is_hindered || !is_new) && (!host->disk.has || host->disk.now.relearning ||
	                                    (is_up && host->member->relearning));
}

static bool counts_for_core(const struct world *world, uint8_t h)
{
	return world->plan.members[h].votes && !world->check.lost[h] &&
	       !has_not_learned(world, h) && !world->plan.members[h].has_other_file;
}

/* Random members until those with a vote and a memory are a majority; then perhaps some more. */
static bool choose_core(struct run *run)
{
	struct world *world = run->world;
	uint8_t order[MEMBERS_MAX], n = world->plan.member_count;
	unsigned voters = 0, chosen = 0;
	for (uint8_t i = 0; i < n; i++) {
		order[i] = i;
		voters += world->plan.members[i].votes;
		run->in_core[i] = false;
	}
	for (uint8_t i = 0; i < n; i++) {
		uint8_t pick = (uint8_t)rng_between(&run->rng, i, n - 1);
		uint8_t host = order[pick];
		order[pick] = order[i];
		if (chosen > voters / 2 && !rng_chance(&run->rng, 300))
			continue;
		run->in_core[host] = true;
		chosen += counts_for_core(world, host);
	}
	return chosen > voters / 2;
}

static void heal_host(struct run *run, uint8_t h)
{
	struct world *world = run->world;
	struct host *host = &world->hosts[h];
	host->doom = DOOM_NONE;
	host->socket_max = 0;
	disk_fill(world, h, false);
	if (host->leaving && host_is_up(host))
		host_crash(world, h, false, false);
	if (host->state == HOST_FROZEN)
		host_thaw(world, h);
	if (host->state == HOST_OFF)
		world_plan(world, rng_between(&run->rng, 0, run->lease / 4),
		           &(struct happening){.kind = HAPPEN_BOOT, .host = h});
	for (uint8_t r = 0; r < world->plan.role_count; r++) {
		host->stubs[r].broken = false;
		host->unfit[r] = false;
		world_plan(world, 0,
		           &(struct happening){
			       .kind = HAPPEN_FITNESS, .host = h, .role = r, .as.fit = true});
	}
}

/* Everywhere: what nobody attends to stays up for as long as that lasts. */
static void heal_guard(struct world *world, uint8_t h)
{
	guard_thaw(world, h);
	if (world->hosts[h].state != HOST_OFF || world->plan.restarts)
		guard_boot(world, h);
}

/* The rest: silent, or heard, or hearing; never both. */
static void heal_links(struct run *run)
{
	struct world *world = run->world;
	net_heal(&world->net);
	for (uint8_t i = 0; i < world->plan.network.severed_count; i++) {
		uint8_t from = world->plan.network.severed[i].from;
		uint8_t to = world->plan.network.severed[i].to;
		if (run->in_core[from] && run->in_core[to])
			net_mend(&world->net, from, to);
	}
	for (uint8_t a = 0; a < world->plan.member_count; a++) {
		if (run->in_core[a])
			continue;
		uint64_t how = rng_below(&run->rng, 3);
		for (uint8_t b = 0; b < world->plan.member_count; b++) {
			if (!run->in_core[b])
				continue;
			net_cut(&world->net, a, b, how != 1);
			net_cut(&world->net, b, a, how != 2);
		}
	}
	struct plan_network *network = &world->net.plan;
	network->loss_permille = network->late_permille = network->twin_permille = 0;
	network->delay_tail = run->lease / 200;
	network->reorders = false;
}

static bool can_own(const struct run *run, uint8_t h, uint8_t role)
{
	const struct world *world = run->world;
	const struct host *host = &world->hosts[h];
	const struct plan_role *plan = &world->plan.roles[role];
	if (!run->in_core[h] || host->state != HOST_RUNNING || host->member->paused)
		return false;
	/* It may never hear enough of those that count as it does. */
	if (world->plan.members[h].has_other_file || world->check.lost[h] ||
	    has_not_learned(world, h))
		return false;
	for (uint8_t i = 0; i < plan->node_count; i++)
		if (plan->nodes[i] == h)
			return true;
	return false;
}

/* What the operators want, as all of the core agree; false: they do not agree yet. */
static bool agreed_wanted(const struct run *run, uint8_t role, enum wanted *wanted)
{
	const struct world *world = run->world;
	bool first = true;
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		const struct host *host = &world->hosts[h];
		if (!run->in_core[h] || role >= host->setup.role_count ||
		    world->plan.members[h].has_other_file)
			continue;
		if (host->state != HOST_RUNNING)
			return false;
		enum wanted its = host->member->roles[role].record.wanted;
		if (!first && its != *wanted)
			return false;
		*wanted = its;
		first = false;
	}
	if (world->check.known[role] == KNOWN_STARTED)
		return *wanted == WANTED_STARTED;
	return world->check.known[role] == KNOWN_NOT || *wanted == WANTED_STOPPED;
}

/* How long the role still waits out failures everywhere; INT64_MAX: nobody could own it. */
static int64_t back_off(const struct run *run, uint8_t role)
{
	const struct world *world = run->world;
	int64_t shortest = INT64_MAX;
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		if (!can_own(run, h, role))
			continue;
		const struct host *host = &world->hosts[h];
		const struct role *its = &host->member->roles[role];
		int64_t left = instant_since(instant_later(its->retry_at, its->lease_retry_at),
		                             clock_show(&host->clock, world->now))
		                   .ns;
		if (left < shortest)
			shortest = left < 0 ? 0 : left;
	}
	return shortest;
}

static bool role_is_settled(const struct run *run, uint8_t role)
{
	const struct world *world = run->world;
	enum wanted wanted = WANTED_STARTED;
	unsigned up = 0, busy = 0;
	uint8_t owner = NO_MEMBER;
	if (!agreed_wanted(run, role, &wanted))
		return false;
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		const struct stub *stub = &world->hosts[h].stubs[role];
		up += stub->state == STUB_UP;
		busy += stub->state == STUB_STARTING || stub->state == STUB_STOPPING;
		if (stub->state == STUB_UP)
			owner = h;
	}
	if (busy > 0 || up > 1)
		return false;
	if (wanted == WANTED_STOPPED || (up == 0 && back_off(run, role) == INT64_MAX))
		return up == 0;
	return up == 1 && run->in_core[owner];
}

static bool commands_are_open(const struct world *world)
{
	for (unsigned i = 0; i < CHECK_REQUESTS_MAX; i++) {
		const struct check_request *request = &world->check.requests[i];
		if (request->open && world->hosts[request->host].state == HOST_RUNNING)
			return true;
	}
	return false;
}

static bool is_settled(const struct run *run)
{
	if (commands_are_open(run->world))
		return false;
	for (uint8_t r = 0; r < run->world->plan.role_count; r++)
		if (!role_is_settled(run, r))
			return false;
	return true;
}

static bool settle(struct run *run)
{
	struct world *world = run->world;
	int64_t tick = run->lease / 20;
	/* What was supported from outside the core, or promised before, has ended by then; all
	 * boot. */
	int64_t promise = world_longest_promise(world).ns;
	if (!world_run(world, world->now + promise + promise / 50 + run->lease / 2))
		return false;
	run->bound = settle_bound(world);
	int64_t wait = 0;
	for (uint8_t r = 0; r < world->plan.role_count; r++) {
		int64_t left = back_off(run, r);
		if (left != INT64_MAX && left > wait)
			wait = left;
	}
	run->bound += wait + chaos_fence_wait(world);
	while (!is_settled(run)) {
		if (!world_run(world, world->now + tick))
			return false;
		check_overdue(world);
		if (world->now - run->healed_at <= run->bound)
			continue;
		for (uint8_t r = 0; r < world->plan.role_count; r++)
			if (!role_is_settled(run, r))
				check_violation(world,
				                "%s is not settled %" PRId64
				                " ms after a majority was healed",
				                story_role(world, r), run->bound / 1000000);
		check_violation(world, "commands are open after the bound");
		return false;
	}
	run->settled_after = world->now - run->healed_at;
	return true;
}

static bool stay(struct run *run)
{
	struct world *world = run->world;
	uint8_t owners[WORLD_ROLES_MAX];
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		owners[r] = world_owner(world, r);
	if (!world_run(world, world->now + QUIET_PROMISES * world_longest_promise(world).ns))
		return false;
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		/* A role that could not be run, which settling does not demand, may yet find an
		 * owner. */
		if (owners[r] != NO_MEMBER && world_owner(world, r) != owners[r] &&
		    !world->plan.roles[r].fails_back)
			check_violation(world, "%s moved from %s to %s in a quiet world",
			                story_role(world, r), story_host(world, owners[r]),
			                story_host(world, world_owner(world, r)));
	return !world->check.violated;
}

bool run_heal(struct run *run)
{
	struct world *world = run->world;
	run->is_over = true;
	run->healed_at = world->now;
	if (!choose_core(run))
		return true; /* too many lost their memory: then nothing is promised */
	story_tell(world, NO_MEMBER, "(a majority heals)");
	heal_links(run);
	chaos_heal_agents(world);
	for (uint8_t h = 0; h < world->plan.member_count; h++)
		heal_guard(world, h);
	for (uint8_t h = 0; h < world->plan.member_count; h++)
		if (run->in_core[h])
			heal_host(run, h);
	return settle(run) && stay(run);
}
