/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One host of a world with its daemon: carries events to the member and its effects into the world,
 * as daemon/ does with sockets, timers and files. Decides nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/member.h"

#include "tests/world/agenda.h"
#include "tests/world/agent.h"
#include "tests/world/clock.h"
#include "tests/world/disk.h"
#include "tests/world/halt.h"
#include "tests/world/layers.h"
#include "tests/world/plan.h"
#include "tests/world/stub.h"

struct world;

enum host_state {
	HOST_OFF,      /* no daemon runs; the host itself may, see `powered` */
	HOST_CLEANING, /* a daemon without memory releases leftovers before it says anything */
	HOST_RUNNING,
	HOST_FROZEN, /* the daemon is stopped, as by SIGSTOP; see layers.guard for the guard */
};

/* What is to befall the process in the middle of its next step, and where in it. */
enum doom {
	DOOM_NONE,
	DOOM_DIES_UNKEPT,  /* before the memory knows of the step, or while it is written */
	DOOM_DIES_KEPT,    /* when the memory does, but not all the layers */
	DOOM_DIES,         /* when all do, and before anything that was asked for is done */
	DOOM_DIES_HALFWAY, /* when some of that is done */
	DOOM_FREEZES_UNKEPT,
	DOOM_FREEZES,
};
enum { DOOMS = DOOM_FREEZES + 1 };

struct host_seen {
	struct stamp newest;
	uint64_t bits; /* bit i: the page with seq newest - i arrived */
};

struct host {
	enum host_state state;
	uint32_t life; /* number of this process */
	bool powered;
	bool leaving;
	bool has_ended; /* some stub may be `is_ended` */
	struct setup setup;
	bool has_file;         /* and `file` is what its next process reads */
	struct setup file;     /* tests/world/file.h */
	struct member *member; /* owned */
	struct host_clock clock;
	struct disk disk;
	struct layers layers;
	bool is_adopting;      /* what is up, and what is not, is still being told to the member */
	bool is_unkept;        /* layers.kept is of before the step that the process is in */
	bool is_suspended;     /* the whole machine stands still, and its clock with it */
	int64_t resumed_until; /* it may not have heard of the world since it was resumed */
	struct stub stubs[WORLD_ROLES_MAX];
	bool unfit[WORLD_ROLES_MAX];
	struct agent_run runs[MEMBERS_MAX]; /* of fence agents, by whom they are against */
	struct halt halt;
	int64_t wake_at;         /* a WAKE of this life is planned for then; INT64_MAX: none */
	struct happening *inbox; /* owned: what waits for a frozen process */
	size_t inbox_count;
	enum doom doom;
	int64_t doom_pause;
	struct effects *parked; /* owned: what a process frozen in a step had not done yet */
	bool has_parked;
	struct host_seen seen[MEMBERS_MAX];
	/* Its socket takes so many pages in each of its heartbeats, and the rest is lost; 0: all.
	 */
	unsigned socket_max, socket_taken;
	int64_t socket_since; /* the heartbeat that is being counted began */
};

/* Pages that wait for a frozen process, as in a socket buffer; what comes then is lost. Everything
 * else finds room up to the size. */
enum { HOST_INBOX_MAX = 256, HOST_INBOX_SIZE = HOST_INBOX_MAX + 256 };

void host_boot(struct world *world, uint8_t host);
/* The process dies; with `power` the whole host goes down. */
void host_crash(struct world *world, uint8_t host, bool power, bool damage);
void host_freeze(struct world *world, uint8_t host, int64_t duration);
void host_thaw(struct world *world, uint8_t host);
/* Of resources that were struck early (stub.h) and are down now. */
void host_notices_ends(struct world *world, uint8_t host);

/* What is for the process: handled, or put into the inbox of a frozen one, or dropped. */
void host_tell(struct world *world, uint8_t host, const struct happening *item);
/* The last leftover of an earlier life is gone? Then the daemon begins. */
void host_cleaned(struct world *world, uint8_t host);

/* One event: stamped with the host's clock here. */
void host_step(struct world *world, uint8_t host, struct event *event);

void host_set_timing(struct world *world, uint8_t host, struct timing timing);

/* The clock changes its rate, and whoever waits for it waits anew. */
void host_drift(struct world *world, uint8_t host, int64_t ppm);
/* The same, by a time daemon. */
void host_slew(struct world *world, uint8_t host, int64_t ppm);

bool host_is_up(const struct host *host); /* a daemon lives there, frozen or not */
