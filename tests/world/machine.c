/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine that stands still as a whole, kernel and clock with it, as one that its hypervisor
 * paused. No layer can know; what it does until it has heard of the world again is allowed to it.
 */
#include "tests/world/machine.h"

#include <inttypes.h>

#include "tests/world/world.h"

/* To hear who speaks, when a heartbeat has passed. */
enum { HEARS_NS = 20000000 };

void machine_suspend(struct world *world, uint8_t h, int64_t duration)
{
	struct host *host = &world->hosts[h];
	if (host->state != HOST_RUNNING)
		return;
	story_tell(world, h, "(the machine stands still for %" PRId64 " ms)", duration / 1000000);
	host->state = HOST_FROZEN;
	host->is_suspended = true;
	host->clock.local_base = clock_show(&host->clock, world->now).ns;
	if (host->layers.guard == GUARD_RUNNING)
		host->layers.guard = GUARD_FROZEN;
	layers_attend(world, h);
	world_plan(world, duration, &(struct happening){.kind = HAPPEN_RESUME, .host = h});
}

void machine_resume(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	if (!host->is_suspended)
		return;
	/* A heartbeat until somebody speaks, and some time to hear it. */
	int64_t hears_within = host->setup.timing.heartbeat.ns + HEARS_NS;
	story_tell(world, h, "(the machine goes on)");
	host->is_suspended = false;
	host->clock.true_base = world->now;
	host->resumed_until = world->now + hears_within;
	guard_thaw(world, h);
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		host->layers.roles[r].excused_until =
		    host->resumed_until + host->layers.roles[r].limit.ns * 2;
	host_thaw(world, h);
}
