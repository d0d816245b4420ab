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
	world_plan(world, rng_between(&world->rng, disk->write_min, disk->write_max),
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

bool disk_written(struct disk *disk, uint32_t serial)
{
	if (!disk->writing || disk->serial != serial)
		return false;
	disk->writing = false;
	disk->now = disk->next;
	disk->has = true;
	return true;
}

void disk_crash(struct world *world, uint8_t h, bool power, bool damage)
{
	struct disk *disk = &world->hosts[h].disk;
	bool was_writing = disk->writing;
	disk->writing = disk->again = false;
	disk->serial++;
	if (was_writing && !disk->full && rng_chance(&world->rng, 500)) {
		disk->now = disk->next;
		disk->has = true;
	}
	if (power && was_writing && damage)
		disk_lose(world, h, true);
	if (power && disk->lies) {
		disk->now = disk->before;
		disk->has = disk->had_before;
	}
}

void disk_lose(struct world *world, uint8_t h, bool damaged)
{
	struct disk *disk = &world->hosts[h].disk;
	story_tell(world, h, damaged ? "(state file damaged)" : "(state file lost)");
	disk->has = false;
	disk->writing = disk->again = false;
	disk->serial++;
	check_disk_lost(world, h);
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
