/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One simulated run of one seed: a random world, a time of random faults in which only safety is
 * demanded, then a healed majority in which exactly one owner of each wanted role is demanded
 * within a bound, and then quiet. Knows nothing of command lines.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/world/world.h"

enum fault_kind {
	FAULT_POWER,        /* a host loses power and comes back later */
	FAULT_KILL,         /* a daemon is killed and restarted */
	FAULT_DIES_IN_STEP, /* the same in the middle of a decision or of what it asks for */
	FAULT_FREEZE,       /* a daemon is stopped for a while */
	FAULT_FREEZES_IN_STEP,
	FAULT_KILL_GUARD,
	FAULT_FREEZE_GUARD,
	FAULT_KILL_BOTH,   /* guard and daemon */
	FAULT_FREEZE_BOTH, /* the same, or the whole of a node but its kernel */
	FAULT_HIT_OWNER,   /* one of these to an owner */
	FAULT_SQUEEZE,     /* an owner is cut off and a voter loses its memory or its time */
	FAULT_PLOT,        /* several against one owner and its voters: plots.c */
	FAULT_PARTITION,
	FAULT_CUTS,    /* random links in random directions */
	FAULT_ONE_WAY, /* a host hears and is not heard, or the reverse */
	FAULT_RING,    /* each member reaches its neighbours only */
	FAULT_HEAL,
	FAULT_LOSS, /* of a link */
	FAULT_MOVE,
	FAULT_STOP,
	FAULT_START,
	FAULT_PAUSE,
	FAULT_RESUME,
	FAULT_LEAVE,
	FAULT_BREAK, /* resources of a role fail on a host, for a while */
	FAULT_FITNESS,
	FAULT_DISK_LOST,
	FAULT_DISK_DAMAGED,
	FAULT_DISK_FULL,
	FAULT_TIMING,        /* a reload with other timing on one member */
	FAULT_DISK_COPY,     /* somebody copies a state file, */
	FAULT_DISK_PUT_BACK, /* or puts an old copy in the place of one */
	FAULT_OVERFLOW,      /* the socket of a host takes few pages, or all again */
	FAULT_REPLAY,
	FAULT_DRIFT, /* a clock changes its rate, within the bound */
	FAULT_HALT,  /* a machine is paused as a whole, often that of an owner */
	FAULT_AGENT, /* the fence agent of a host fails, or works again */
};
enum { FAULTS = FAULT_AGENT + 1 };

/* A layer that is missing, or comes too late. */
enum lack { LACKS_NOTHING, LACKS_GUARD, LACKS_KERNEL, LACKS_WATCHDOG, LACKS_MEMORY_FIRST };

/* A mix of faults, and the kind of world it is let loose on. */
struct profile {
	const char *name;
	unsigned weight;         /* among random profiles; 0: only by name */
	unsigned faults[FAULTS]; /* weights */
	bool is_bare;            /* no guard, no kept memory */
	bool has_watchdog;
	bool has_other_voters; /* a minority reads a file with another voter set */
	bool has_mixed_timing;
	bool has_many_roles;       /* several pages a heartbeat */
	bool is_late;              /* pages may take very long */
	bool is_slow_to_write;     /* a write may take longer than a lease */
	bool keeps;                /* memory always survives the process */
	bool has_scripts;          /* only `stop` ends a role, later than others wait for */
	unsigned severed_permille; /* worlds with links that are down in one direction for good */
	int64_t ppm_max;           /* 0: the bound that is promised */
	bool fences;           /* owners are switched off before somebody takes over from them */
	bool lies;             /* planted fault: disks that forget what they said is written */
	enum lack lack;        /* planted fault */
	bool is_copied_unseen; /* planted fault: old copies of which nobody can know */
	bool tells_early;      /* planted fault: disks that say so before it is written */
	bool splits;           /* planted fault: a file that makes one member its own majority */
};

extern const struct profile run_profiles[];
extern const unsigned run_profile_count;

/* NULL: there is none of this name. */
const struct profile *run_profile(const char *name);

/* What happens in a plot, and how long after the act before, in hundredths of a lease. */
struct cue {
	uint8_t act;
	uint8_t from, to;
};

enum { PLOT_ACTS_MAX = 10 }; /* the last one is the end */

struct plot {
	bool is_on;
	uint8_t role, owner;
	uint16_t voters, rivals; /* bit per host */
	unsigned next;
	struct cue cues[PLOT_ACTS_MAX];
};

struct run {
	struct world *world; /* borrowed */
	const struct profile *profile;
	struct rng rng;
	int64_t lease; /* of the plan's first member: the unit of everything below */
	int64_t gap;   /* between faults, on average */
	bool is_over;  /* the time of faults */
	struct plot plot;
	bool in_core[MEMBERS_MAX];
	int64_t healed_at, settled_after, bound;
};

/* Draws a world for `seed`; profile NULL: draws one too. */
void run_draw(struct run *run, uint64_t seed, const struct profile *profile, struct plan *plan);

/* One fault, and the plan for the next: world->fault with a struct run. */
void run_fault(struct world *world, void *context);

/* Heals a majority and demands one owner of each wanted role in time, and then quiet. */
bool run_heal(struct run *run);

/* A whole run; false: world->check.violation says what was broken. */
bool run_seed(struct run *run, struct world *world, uint64_t seed, const struct profile *profile,
              bool wire);
