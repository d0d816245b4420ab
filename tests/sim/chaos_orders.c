/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators type, and what happens to disks, resources and settings.
 */
#include "tests/sim/chaos.h"

#include <inttypes.h>

void chaos_request(struct run *run, enum request_kind kind)
{
	struct world *world = run->world;
	uint8_t asked = chaos_host(run);
	bool of_node = kind == REQUEST_PAUSE || kind == REQUEST_RESUME;
	uint8_t role = of_node ? 0 : (uint8_t)rng_below(&run->rng, world->plan.role_count);
	uint8_t target = chaos_host(run);
	if (kind == REQUEST_STOP || kind == REQUEST_START ||
	    (kind == REQUEST_MOVE && rng_chance(&run->rng, 500)))
		target = NO_MEMBER;
	/* Impatience: the same role gets a second command at once. */
	world_request(world, asked, kind, role, target);
	if (kind == REQUEST_STOP && rng_chance(&run->rng, 200))
		world_request(world, chaos_host(run), REQUEST_START, role, NO_MEMBER);
}

void chaos_leave(struct run *run)
{
	struct world *world = run->world;
	uint8_t h = chaos_host(run);
	struct host *host = &world->hosts[h];
	if (!host_is_up(host) || host->leaving)
		return;
	world_plan(world, 0, &(struct happening){.kind = HAPPEN_LEAVE, .host = h});
	for (int64_t i = 1; i < 20; i += 6) /* whenever it is through with it */
		world_plan(world, i * run->lease,
		           &(struct happening){.kind = HAPPEN_BOOT, .host = h});
}

void chaos_break(struct run *run)
{
	struct world *world = run->world;
	uint8_t role = (uint8_t)rng_below(&run->rng, world->plan.role_count);
	uint8_t h = world_owner(world, role);
	if (h == NO_MEMBER)
		return;
	world->hosts[h].stubs[role].broken = rng_chance(&run->rng, 300);
	world_plan(world, 0, &(struct happening){.kind = HAPPEN_BREAKS, .host = h, .role = role});
}

void chaos_fitness(struct run *run)
{
	struct world *world = run->world;
	uint8_t role = (uint8_t)rng_below(&run->rng, world->plan.role_count);
	uint8_t h = chaos_host(run);
	struct host *host = &world->hosts[h];
	host->unfit[role] = !host->unfit[role];
	story_tell(world, h, "(%s for %s)", host->unfit[role] ? "unfit" : "fit",
	           story_role(world, role));
	world_plan(
	    world, 0,
	    &(struct happening){
		.kind = HAPPEN_FITNESS, .host = h, .role = role, .as.fit = !host->unfit[role]});
}

/* At most a minority of the voters at a time: more is beyond what any majority can bear. */
static bool take_down(struct run *run, uint8_t h)
{
	struct world *world = run->world;
	if (!check_may_lose(world, h))
		return false;
	if (world->hosts[h].powered)
		host_crash(world, h, true, false);
	world_plan(world, rng_between(&run->rng, 0, 2 * run->lease),
	           &(struct happening){.kind = HAPPEN_BOOT, .host = h});
	return true;
}

void chaos_disk_lost(struct run *run)
{
	uint8_t h = chaos_host(run);
	if (take_down(run, h))
		disk_lose(run->world, h, false);
}

void chaos_disk_damaged(struct run *run)
{
	uint8_t h = chaos_host(run);
	if (take_down(run, h))
		disk_lose(run->world, h, true);
}

void chaos_disk_full(struct run *run)
{
	struct world *world = run->world;
	uint8_t h = chaos_host(run);
	disk_fill(world, h, !world->hosts[h].disk.full);
}

void chaos_disk_copy(struct run *run)
{
	uint8_t h = chaos_host(run);
	if (run->world->hosts[h].disk.has)
		story_tell(run->world, h, "(state file copied)");
	disk_copy(run->world, h);
}

/* Nobody is left who remembers anything later. */
static void put_all_back(struct run *run)
{
	struct world *world = run->world;
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		chaos_power(run, h);
		(void)disk_put_back(world, h);
	}
}

/* What the manual asks for: it began twice since the copy was made. */
void chaos_disk_put_back(struct run *run)
{
	struct world *world = run->world;
	uint8_t h = chaos_host(run);
	const struct disk *disk = &world->hosts[h].disk;
	if (run->profile->is_copied_unseen) {
		put_all_back(run);
		return;
	}
	if (!disk->has_copy || !disk->has || disk->now.incarnation < disk->copy.incarnation + 2)
		return;
	if (take_down(run, h))
		(void)disk_put_back(world, h);
}

void chaos_timing(struct run *run)
{
	struct world *world = run->world;
	uint8_t h = rng_chance(&run->rng, 600) ? chaos_owner(run) : chaos_host(run);
	int64_t lease = run->lease * rng_between(&run->rng, 1, 4) / 2;
	struct timing timing = {
	    .heartbeat = {run->lease / rng_between(&run->rng, 8, 20)},
	    .lease = {lease},
	    .release = {rng_between(&run->rng, lease / 10, lease)},
	};
	story_tell(world, h, "(reload: lease %" PRId64 " ms, release %" PRId64 " ms)",
	           timing.lease.ns / 1000000, timing.release.ns / 1000000);
	if (lease > world->check.grace)
		world->check.grace = lease;
	host_set_timing(world, h, timing);
}

void chaos_drift(struct run *run)
{
	enum { PPM_BOUND = DRIFT_PER_MILLE * 1000 };
	struct world *world = run->world;
	host_drift(world, chaos_host(run), rng_between(&run->rng, -PPM_BOUND, PPM_BOUND));
}
