/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual machine that is paused as a whole: no process of it runs, not even the guard, and its
 * clock may stand still. What is up on it stays up, and goes on when it does.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/world/agenda.h"

struct world;

struct halt {
	bool is_on;
	bool stops_clock;
	int64_t began, ends;
};

/* Nothing happens to a host whose daemon does not run. */
void halt_begin(struct world *world, uint8_t host, int64_t duration, bool stops_clock);
/* It goes on, or loses power. */
void halt_end(struct world *world, uint8_t host);
/* True if what is to happen on the host waits until it goes on; it is planned anew then. */
bool halt_defers(struct world *world, const struct happening *item);
