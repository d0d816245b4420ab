/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fence agents: each run against a host takes its time, does its deed somewhere on the way, and
 * tells the daemon that asked in the end. They never lie; a failure leaves open whether the deed
 * was done. Knows nothing of roles.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/effect.h"
#include "tests/world/agenda.h"

struct world;

/* What becomes of the next runs against a host. */
struct agent {
	bool fails;
	int64_t time; /* of a run; -1: at random up to plan.fence_max */
};

/* A run that a daemon waits for. */
struct agent_run {
	uint32_t serial;
	bool is_on;
	uint32_t incarnation;
};

void agent_start(struct world *world, uint8_t host, const struct effect *effect);
/* The agent is killed; its deed may have been done. */
void agent_cancel(struct world *world, uint8_t host, uint8_t target);
/* HAPPEN_OFF: the deed. */
void agent_deed(struct world *world, const struct happening *item);
/* HAPPEN_FENCED: the end of a run of this life of the daemon. */
void agent_ended(struct world *world, uint8_t host, const struct happening *item);
