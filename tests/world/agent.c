/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of fence agents as two happenings: the deed, which the death of whoever asked does not undo,
 * and the word of it.
 */
#include "tests/world/agent.h"

#include "tests/world/world.h"

void agent_start(struct world *world, uint8_t h, const struct effect *effect)
{
	uint8_t target = effect->as.fence.member;
	const struct agent *agent = &world->agents[target];
	struct agent_run *run = &world->hosts[h].runs[target];
	int64_t takes =
	    agent->time >= 0 ? agent->time : rng_between(&world->rng, 0, world->plan.fence_max);
	struct happening item = {.host = h,
	                         .role = target,
	                         .life = world->hosts[h].life,
	                         .serial = ++run->serial,
	                         .as.fit = !agent->fails};
	run->is_on = true;
	run->incarnation = effect->as.fence.incarnation;
	/* One that fails may have done it all the same. */
	if (!agent->fails || (agent->time < 0 && rng_chance(&world->rng, 300))) {
		item.kind = HAPPEN_OFF;
		world_plan(world, rng_between(&world->rng, takes / 2, takes), &item);
	}
	item.kind = HAPPEN_FENCED;
	world_plan(world, takes, &item);
}

void agent_cancel(struct world *world, uint8_t h, uint8_t target)
{
	world->hosts[h].runs[target].is_on = false;
}

void agent_deed(struct world *world, const struct happening *item)
{
	const struct agent_run *run = &world->hosts[item->host].runs[item->role];
	bool called_off = run->serial != item->serial || !run->is_on;
	/* Whoever asked is gone or has thought better of it: perhaps in time. */
	if (called_off && rng_chance(&world->rng, 500))
		return;
	if (world->hosts[item->role].powered)
		story_tell(world, item->role, "(switched off by %s)",
		           story_host(world, item->host));
	host_crash(world, item->role, true, false);
	/* People switch it on again. */
	if (world->plan.fenced_return_max > 0)
		world_plan(world, rng_between(&world->rng, 0, world->plan.fenced_return_max),
		           &(struct happening){.kind = HAPPEN_BOOT, .host = item->role});
}

void agent_ended(struct world *world, uint8_t h, const struct happening *item)
{
	struct agent_run *run = &world->hosts[h].runs[item->role];
	if (run->serial != item->serial || !run->is_on)
		return;
	run->is_on = false;
	story_tell(world, h,
	           item->as.fit ? "(%s is off, its agent says)" : "(no agent of %s succeeds)",
	           story_host(world, item->role));
	host_step(world, h,
	          &(struct event){.kind = EVENT_FENCED,
	                          .as.fenced = {.member = item->role,
	                                        .incarnation = run->incarnation,
	                                        .is_off = item->as.fit}});
}
