/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watchdog as a layer: tells the feeder (watchdog_feeder.h) of every lease end, wakes it at its
 * deadlines, and tells the member when a watchdog that is required cannot be used.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/self_fencing/watchdog_feeder.h"

struct daemon;

struct watchdog_layer {
	struct daemon *daemon; /* borrowed: the owner; NULL: not open */
	struct watchdog_feeder feeder;
	uv_timer_t timer;
	char told[ERROR_TEXT_BYTES]; /* what the member was told is the obstacle, "" for none */
};

void watchdog_layer_open(struct watchdog_layer *layer, struct daemon *daemon);
/* After each step of the member, before anything of it is done. A device may take milliseconds. */
void watchdog_layer_follow(struct watchdog_layer *layer);
/* Whether something of the role may be started here. */
bool watchdog_layer_allows(const struct watchdog_layer *layer, uint8_t role);
/* Its handle ends with the loop's next turn. */
void watchdog_layer_close(struct watchdog_layer *layer);
