/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of one host ends an ownership when its daemon cannot: the memory that outlives the process,
 * the guard that reads the lease ends there, the packet gate, the kernel's lifetime of an address,
 * the watchdog. Each does the latest that the design allows it to. Knows nothing of votes.
 *
 * The address of a role is a thing of its own here: it may be silent while the role's processes
 * still run, because whoever would kill them was stopped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/state.h"

#include "tests/world/plan.h"

struct world;

enum guard_state {
	GUARD_NONE, /* killed; or the service was stopped, or never started */
	GUARD_RUNNING,
	GUARD_FROZEN,
};

struct layer_role {
	struct instant lease_end; /* as the worker wrote it last: what the guard enforces */
	struct instant gate_end;  /* packets of the address pass until then */
	struct span limit;        /* for a release from the lease end on */
	int64_t guard_at;         /* the guard looks then; INT64_MAX: it does not */
	int64_t watchdog_at;
	int64_t excused_until; /* somebody who can release has just come back */
};

struct layers {
	enum guard_state guard;
	uint32_t guard_life;
	bool has_kept;
	struct kept kept; /* the newest whole slot of the memory, while no process writes it */
	bool unattended;  /* neither worker nor guard can do anything */
	struct layer_role roles[WORLD_ROLES_MAX];
};

/* The host has lost power, or never had it. */
void layers_reset(struct layers *layers);

/* The worker, after each step and before anything that the step asks for. `roles`: so many are
 * told, the others not any more. */
void layers_follow(struct world *world, uint8_t host, uint8_t roles);
/* Into the memory, as the member is now. */
void layers_keep(struct world *world, uint8_t host);

/* Whether packets for the role's address are answered by this host. */
bool layers_answer(const struct world *world, uint8_t host, uint8_t role);
/* Whether the role's resources may be up although another host has the role: nobody is there who
 * could bring them down, or has only just come back. */
bool layers_excuse(const struct world *world, uint8_t host, uint8_t role);

/* The worker or the guard began or ceased to run. */
void layers_attend(struct world *world, uint8_t host);

/* Something of the role is about to be up. */
void layers_watch(struct world *world, uint8_t host, uint8_t role);
/* HAPPEN_GUARD and HAPPEN_WATCHDOG of one role. */
void layers_guard_looks(struct world *world, uint8_t host, uint8_t role);
void layers_watchdog_looks(struct world *world, uint8_t host, uint8_t role);

/* Faults of the guard, and what follows from them. */
void guard_start(struct world *world, uint8_t host);
void guard_kill(struct world *world, uint8_t host, int64_t back_after);
void guard_freeze(struct world *world, uint8_t host, int64_t duration);
void guard_thaw(struct world *world, uint8_t host);
/* HAPPEN_GUARD_BOOT: the supervisor starts a new one, which finds what it finds. */
void guard_boot(struct world *world, uint8_t host);
/* The worker has died: it is started again. */
void guard_restarts_worker(struct world *world, uint8_t host);
