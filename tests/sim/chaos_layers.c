/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes wrong with the layers below a daemon: the guard is killed or stopped, alone or together
 * with the daemon; the daemon dies or stops at the worst place of a step.
 */
#include "tests/sim/chaos.h"

/* Until a stopped or killed guard is back: too short to matter, or longer than a promise. */
static int64_t absence(struct run *run)
{
	static const int64_t tenths[] = {1, 5, 10, 15, 30};
	int64_t most = run->lease / 10 * tenths[rng_below(&run->rng, 5)];
	return rng_between(&run->rng, most / 2, most);
}

void chaos_guard_kill(struct run *run, uint8_t h)
{
	guard_kill(run->world, h, absence(run));
}

void chaos_guard_freeze(struct run *run, uint8_t h)
{
	guard_freeze(run->world, h, absence(run));
}

/* As by SIGSTOP to everything, or a freezer: the kernel alone goes on. */
void chaos_freeze_both(struct run *run, uint8_t h)
{
	host_freeze(run->world, h, absence(run));
	guard_freeze(run->world, h, absence(run));
}

void chaos_kill_both(struct run *run, uint8_t h)
{
	struct world *world = run->world;
	guard_kill(world, h, absence(run));
	if (!host_is_up(&world->hosts[h]))
		return;
	story_tell(world, h, "(daemon killed)");
	host_crash(world, h, false, false);
}

void chaos_doom(struct run *run, uint8_t h, enum doom first, enum doom last)
{
	struct host *host = &run->world->hosts[h];
	if (run->profile->is_bare || host->state != HOST_RUNNING)
		return;
	host->doom = (enum doom)rng_between(&run->rng, (int64_t)first, (int64_t)last);
	host->doom_pause = absence(run);
	/* In case it has died by then; a boot of one that runs is nothing. */
	int64_t after[] = {rng_between(&run->rng, 0, run->lease),
	                   rng_between(&run->rng, run->lease, 2 * run->lease)};
	for (unsigned i = 0; i < 2; i++)
		world_plan(run->world, after[i],
		           &(struct happening){.kind = HAPPEN_BOOT, .host = h});
}
