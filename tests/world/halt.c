/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything but the network waits; pages wait in the inbox of the frozen daemon.
 */
#include "tests/world/halt.h"

#include <inttypes.h>

#include "tests/world/world.h"

void halt_begin(struct world *world, uint8_t h, int64_t duration, bool stops_clock)
{
	struct host *host = &world->hosts[h];
	if (host->state != HOST_RUNNING)
		return;
	story_tell(world, h, "(its machine is paused for %" PRId64 " ms%s)", duration / 1000000,
	           stops_clock ? ", with its clock" : "");
	host->halt = (struct halt){.is_on = true,
	                           .stops_clock = stops_clock,
	                           .began = world->now,
	                           .ends = world->now + duration};
	host_freeze(world, h, duration);
	guard_freeze(world, h, duration);
}

void halt_end(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	if (!host->halt.is_on)
		return;
	host->halt.is_on = false;
	if (host->halt.stops_clock) {
		host->clock.local_base = clock_show(&host->clock, host->halt.began).ns;
		host->clock.behind = clock_behind(&host->clock, host->halt.began).ns;
		host->clock.true_base = world->now;
	}
	check_goes_on(world, h, host->halt.began, host->halt.stops_clock);
	guard_thaw(world, h);
}

bool halt_defers(struct world *world, const struct happening *item)
{
	const struct halt *halt = &world->hosts[item->host].halt;
	if (!halt->is_on)
		return false;
	switch (item->kind) {
	case HAPPEN_WRITTEN:
	case HAPPEN_DOWN:
		world_plan(world, halt->ends - world->now + 1, item);
		return true;
	case HAPPEN_GUARD_THAW:
		return world->now < halt->ends; /* of an earlier pause */
	case HAPPEN_GUARD:
	case HAPPEN_WATCHDOG:
	case HAPPEN_GUARD_BOOT:
	case HAPPEN_RESUME:
	case HAPPEN_WAKE:
	case HAPPEN_PAGE:
	case HAPPEN_UP:
	case HAPPEN_BREAKS:
	case HAPPEN_FITNESS:
	case HAPPEN_REQUEST:
	case HAPPEN_LEAVE:
	case HAPPEN_BOOT:
	case HAPPEN_THAW:
	case HAPPEN_FAULT:
	case HAPPEN_OFF:
	case HAPPEN_FENCED:
		break;
	}
	return false;
}
