/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a world is made of before anything happens in it: members, roles, timing, clocks, links and
 * disks. Plain data; the same plan and the same verbs give the same run.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/setup.h"

/* So many that a heartbeat of a small cluster has three pages. More than eight are drawn rarely:
 * each makes every event dearer, and of several pages two find the same as ten. */
enum { WORLD_ROLES_MAX = 32, WORLD_PATHS_MAX = 2, WORLD_SEVERED_MAX = 4 };

struct plan_role {
	uint8_t node_count;
	uint8_t nodes[MEMBERS_MAX];
	bool fails_back;
	struct span failback;
	bool fences;
};

struct plan_member {
	bool is_node;
	bool votes;
	bool other_votes;    /* what the other file says of it */
	bool has_other_file; /* this member reads the other file: another voter set */
	uint8_t role_count; /* roles its file knows: a prefix of the world's; candidates know all */
	bool other_definition; /* its file describes the first role differently */
	struct timing timing;
	int64_t ppm;
	bool off; /* stays powered off until it is booted */
};

struct plan_network {
	unsigned loss_permille;
	unsigned twin_permille; /* a page arrives a second time */
	unsigned late_permille; /* a page takes up to `late` */
	int64_t delay;          /* every page takes this long ... */
	int64_t delay_tail;     /* ... and this on average in addition */
	int64_t late;
	bool reorders;            /* pages of one sender overtake each other */
	unsigned record_permille; /* pages kept for net_replay; those with commands three times */
	/* Links that are down in one direction for good: no healing mends them. */
	uint8_t severed_count;
	struct {
		uint8_t from, to;
	} severed[WORLD_SEVERED_MAX];
};

struct plan {
	uint64_t seed;
	uint8_t member_count;
	struct plan_member members[MEMBERS_MAX];
	uint8_t role_count;
	struct plan_role roles[WORLD_ROLES_MAX];
	uint8_t path_count;
	struct plan_network network;
	bool formed; /* the disks know the voter set of their file from earlier; else all is new */
	bool wire;   /* pages go through the byte layout */
	/* The layers of tests/world/layers.h. */
	bool guard;    /* a second process releases at lease end whatever the daemon does */
	bool restarts; /* and starts the daemon again when it died, after up to `restart_max` */
	int64_t restart_max;
	unsigned too_often_permille; /* after so many deaths it releases all first, and waits */
	bool keeps;                  /* memory survives the process */
	bool keeps_late;             /* but is written after what a step asks for, which is wrong */
	bool gate;                   /* packets of an address pass until the lease end */
	bool lifetime;               /* an address has left by the end of lease and release */
	bool watchdog;               /* a host is reset by the middle of `release` */
	bool services_too; /* demand what without a watchdog cannot be had: see layers_excuse */
	int64_t start_max, stop_max; /* start and graceful stop of a role take up to this */
	/* Only its `stop` brings a role down, which takes up to this; 0: a kill does. */
	int64_t script_max;
	int64_t write_min, write_max; /* a write of the state file takes this long */
	bool tells_early;       /* and says that it is through at its beginning, which is wrong */
	int64_t timer_late_max; /* timers fire up to this late */
	int64_t fence_max;      /* switching a node off takes up to this; 0: nobody can */
	int64_t fenced_return_max; /* within this it is switched on again; 0: it is not */
	bool edgy;                 /* durations are often exactly at a bound */
	bool edits; /* files are edited, so it counts what each resource is: file.h */
};
