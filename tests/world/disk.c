/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulated state files. One write at a time; a change that comes meanwhile is written afterwards,
 * as the daemon does.
 */
#include "tests/world/disk.h"

#include "tests/world/world.h"

static void write_begin(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	struct disk *disk = &host->disk;
	disk->writing = true;
	disk->again = false;
	disk->serial++;
	disk->next_generation = member_durable(host->member, &disk->next);
	if (disk->full)
		return;
	int64_t takes = rng_between(&world->rng, disk->write_min, disk->write_max);
	disk->sound_at = world->plan.tells_early ? world->now + takes : 0;
	world_plan(world, world->plan.tells_early ? 0 : takes,
	           &(struct happening){.kind = HAPPEN_WRITTEN,
	                               .host = h,
	                               .life = host->life,
	                               .serial = disk->serial,
	                               .as.number = disk->next_generation});
}

void disk_write(struct world *world, uint8_t h)
{
	struct disk *disk = &world->hosts[h].disk;
	if (disk->writing)
		disk->again = true;
	else
		write_begin(world, h);
}

static void replace(struct disk *disk)
{
	disk->old = disk->now;
	disk->has_old = disk->has;
	disk->now = disk->next;
	disk->has = true;
}

bool disk_written(struct disk *disk, uint32_t serial)
{
	if (!disk->writing || disk->serial != serial)
		return false;
	disk->writing = false;
	replace(disk);
	return true;
}

void disk_crash(struct world *world, uint8_t h, bool power, bool damage)
{
	struct disk *disk = &world->hosts[h].disk;
	bool was_writing = disk->writing;
	disk->writing = disk->again = false;
	disk->serial++;
	if (was_writing && !disk->full && rng_chance(&world->rng, 500))
		replace(disk);
	if (power && was_writing && damage)
		disk_lose(world, h, true);
	if (power && world->now < disk->sound_at) {
		disk->now = disk->old;
		disk->has = disk->has_old;
	}
	if (power && disk->lies) {
		disk->now = disk->before;
		disk->has = disk->had_before;
	}
}

static void call_off(struct disk *disk)
{
	disk->writing = disk->again = false;
	disk->serial++;
}

/* What daemon/state/store.c makes of the generation before: a floor for numbers, and nothing to
 * vote on. */
static void salvage(struct disk *disk)
{
	disk->now = disk->old;
	disk->now.relearning = true;
	disk->now.incarnation++;
	disk->now.reserved_epoch += EPOCH_BLOCK;
}

void disk_lose(struct world *world, uint8_t h, bool damaged)
{
	struct disk *disk = &world->hosts[h].disk;
	bool salvaged = damaged && disk->has_old;
	story_tell(world, h, "(state file %s)",
	           salvaged  ? "damaged, the one before is left"
	           : damaged ? "damaged"
	                     : "lost");
	disk->has = salvaged;
	if (salvaged)
		salvage(disk);
	if (!salvaged)
		disk->has_old = false;
	call_off(disk);
	check_disk_lost(world, h);
}

void disk_copy(struct world *world, uint8_t h)
{
	struct disk *disk = &world->hosts[h].disk;
	disk->has_copy = disk->has;
	disk->copy = disk->now;
}

bool disk_put_back(struct world *world, uint8_t h)
{
	struct disk *disk = &world->hosts[h].disk;
	if (!disk->has_copy)
		return false;
	story_tell(world, h, "(state file replaced by an old copy)");
	check_disk_lost(world, h);
	world->check.put_back[h] = true;
	disk->now = disk->old = disk->copy;
	call_off(disk);
	return true;
}

void disk_fill(struct world *world, uint8_t h, bool full)
{
	struct host *host = &world->hosts[h];
	struct disk *disk = &host->disk;
	if (disk->full == full)
		return;
	story_tell(world, h, full ? "(disk full)" : "(disk has room)");
	disk->full = full;
	bool alive = host->state == HOST_RUNNING || host->state == HOST_FROZEN;
	if (!full && disk->writing && alive)
		write_begin(world, h); /* the daemon tries again */
}
