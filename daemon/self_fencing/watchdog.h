/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watchdog as a layer: tells the feeder (watchdog_feeder.h) of every lease end, wakes it at its
 * deadlines, and tells the member when a watchdog that is required cannot be used.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/leases.h"
#include "daemon/self_fencing/watchdog_feeder.h"

struct log;

struct watchdog_layer_settings {
	const struct config
	    *config; /* borrowed until watchdog_layer_close, as are the next three */
	const struct leases *leases;
	struct log *log;
	uv_loop_t *loop;
	void *context;
	/* Whether the role can run here as far as the watchdog is concerned; `why` NULL: it can.
	 * Called from the loop. */
	void (*fitness)(void *context, uint8_t role, const char *why);
};

struct watchdog_layer {
	struct watchdog_layer_settings settings;
	bool is_open;
	struct watchdog_feeder feeder;
	uv_timer_t timer;
	char told[ERROR_TEXT_BYTES]; /* what the member was told is the obstacle, "" for none */
};

void watchdog_layer_open(struct watchdog_layer *layer,
                         const struct watchdog_layer_settings *settings);
/* After each step of the member, before anything of it is done. A device may take milliseconds. */
void watchdog_layer_follow(struct watchdog_layer *layer);
/* Whether something of the role may be started here. */
bool watchdog_layer_allows(const struct watchdog_layer *layer, uint8_t role);
/* Its handle ends with the loop's next turn. */
void watchdog_layer_close(struct watchdog_layer *layer);
