/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated cluster: the real members of proto/, with clocks, disks, links, resources and
 * operators that are not. Time is virtual, chance comes from one seed, and every promise is checked
 * as it goes. Decides nothing about what goes wrong: its driver does, with the verbs below.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/effect.h"
#include "proto/member.h"

#include "tests/world/agenda.h"
#include "tests/world/check.h"
#include "tests/world/file.h"
#include "tests/world/host.h"
#include "tests/world/machine.h"
#include "tests/world/net.h"
#include "tests/world/plan.h"
#include "tests/world/process.h"
#include "tests/world/rng.h"
#include "tests/world/story.h"

struct world {
	struct plan plan;
	struct setup setup; /* as all members would read it; for names */
	int64_t now;        /* true time */
	struct rng rng;
	struct agenda agenda;
	struct net net;
	struct host hosts[MEMBERS_MAX];
	struct agent agents[MEMBERS_MAX]; /* by whom they are against */
	uint16_t
	    up[WORLD_ROLES_MAX]; /* hosts whose resources of the role are not down: bit per host */
	struct story story;
	struct check check;
	uint64_t steps;
	/* Called for HAPPEN_FAULT; NULL: nothing goes wrong by itself. */
	void (*fault)(struct world *world, void *context);
	void *fault_context; /* borrowed while the world is open */
	/* How an answer reads to who asked; NULL: as its word. */
	void (*verdict_text)(const struct world *world, const struct check_request *request,
	                     const struct answer *answer, char out[STORY_TEXT_BYTES]);

	/* Scratch: too large to be made anew for each step. */
	struct effects effects;
	struct heartbeat page;
};

/* Allocates; a world is used for many runs. */
struct world *world_open(void);
void world_close(struct world *world);

/* Begins a new run: everything that is not `off` boots at a random moment of the first
 * heartbeats. */
void world_reset(struct world *world, const struct plan *plan);

/* Goes on until true time `until`, or until a promise is broken: false. */
bool world_run(struct world *world, int64_t until);

/* Plans `item` for `after` from now. */
void world_plan(struct world *world, int64_t after, const struct happening *item);

/* Types a command on `host`; returns its handle. */
uint64_t world_request(struct world *world, uint8_t host, enum request_kind kind, uint8_t role,
                       uint8_t target);

/* The one host where the role counts as up; NO_MEMBER: none. */
uint8_t world_owner(const struct world *world, uint8_t role);

/* The longest lease and promise any member has declared in this run. */
struct span world_longest_promise(const struct world *world);
