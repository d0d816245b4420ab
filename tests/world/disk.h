/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state file of one host: written beside and renamed, so a crash finds the old one or the new
 * one. When the disk is bad, the newest generation is damaged and the one before it serves as a
 * lower bound, as daemon/state/store.h has it; or nothing is left. And somebody may put back a copy
 * of long ago, which looks as good as any. Knows nothing of what is written.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/state.h"

struct world;

struct disk {
	bool has; /* there is a readable file: `now` */
	struct durable now;
	bool has_old; /* and the generation before it */
	struct durable old;
	bool has_copy; /* somebody made one some time ago */
	struct durable copy;
	bool writing; /* `next` is under way */
	bool again;   /* and what is in memory is newer already */
	struct durable next;
	uint64_t next_generation;
	uint32_t serial;              /* of the write under way */
	bool full;                    /* writes never end */
	int64_t write_min, write_max; /* each takes this long */
	int64_t sound_at;             /* until then the last one would not survive a power-off */
	bool lies; /* loses at a power-off what it said was written since the boot */
	struct durable before;
	bool had_before;
};

/* The process asks for its snapshot to be written. */
void disk_write(struct world *world, uint8_t host);
/* The write `serial` is through; false: it was called off. */
bool disk_written(struct disk *disk, uint32_t serial);
/* The process is gone: the write under way may or may not have come through. With the power gone
 * too, it may have damaged the file when `damage` says so. */
void disk_crash(struct world *world, uint8_t host, bool power, bool damage);
/* The newest generation is damaged; or all is gone. */
void disk_lose(struct world *world, uint8_t host, bool damaged);
/* Makes a copy; puts the one that was made back, while no daemon runs: false when there is none. */
void disk_copy(struct world *world, uint8_t host);
bool disk_put_back(struct world *world, uint8_t host);
void disk_fill(struct world *world, uint8_t host, bool full);
