/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worlds in which owners are switched off, and what goes wrong there: machines that are paused with
 * everything that should have released their roles, and agents that fail.
 */
#include "tests/sim/chaos.h"

void chaos_halt(struct run *run)
{
	static const int64_t tenths[] = {3, 10, 20, 50, 100};
	int64_t most = run->lease / 10 * tenths[rng_below(&run->rng, 5)];
	uint8_t h = rng_chance(&run->rng, 700) ? chaos_owner(run) : chaos_host(run);
	halt_begin(run->world, h, rng_between(&run->rng, most / 2, most),
	           rng_chance(&run->rng, 500));
}

void chaos_agent(struct run *run)
{
	uint8_t h = chaos_host(run);
	struct agent *agent = &run->world->agents[h];
	agent->fails = !agent->fails && rng_chance(&run->rng, 700);
	story_tell(run->world, h,
	           agent->fails ? "(its agents fail from now on)" : "(its agents work)");
}

void chaos_draw_fencing(struct run *run, struct plan *plan)
{
	if (!run->profile->fences)
		return;
	/* Without memory of their own voters could not wait for anybody to be off. */
	plan->keeps = true;
	plan->fence_max = rng_between(&run->rng, 1, 2 * run->lease);
	plan->fenced_return_max = rng_between(&run->rng, 1, 10 * run->lease);
	for (uint8_t r = 0; r < plan->role_count; r++)
		plan->roles[r].fences = true;
}

void chaos_heal_agents(struct world *world)
{
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		world->agents[h].fails = false;
		/* What it takes for true could have others switched off. */
		if (world->hosts[h].halt.is_on)
			host_thaw(world, h);
	}
}

int64_t chaos_fence_wait(const struct world *world)
{
	int64_t longest = 0;
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		const struct host *host = &world->hosts[h];
		if (!host_is_up(host))
			continue;
		for (uint8_t p = 0; p < world->plan.member_count; p++) {
			struct span left = instant_since(host->member->peers[p].fencing.not_before,
			                                 clock_show(&host->clock, world->now));
			if (left.ns > longest)
				longest = left.ns;
		}
	}
	/* Several may have to be off before a role can be taken, one after the other; and a run may
	 * be under way that is of no use any more. */
	return world->plan.fence_max > 0
	           ? longest + (world->plan.member_count + 1) * 2 * world->plan.fence_max
	           : 0;
}
