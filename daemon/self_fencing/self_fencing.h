/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers that end an ownership when this process cannot: each learns until when every role may
 * be up here, after each step of the member and before anything that step asks for is done. So
 * nothing is ever up under a lease that a layer does not know of, and no page that frees a promise
 * leaves before the layers know. Knows the layers and their order; how one works is its own file's.
 */
#pragma once

#include "config/config.h"
#include "daemon/guard/shared_memory.h"
#include "daemon/leases.h"
#include "daemon/resource/address_lifetime.h"
#include "daemon/self_fencing/escalator.h"
#include "daemon/self_fencing/gatekeeper.h"
#include "daemon/self_fencing/watchdog.h"
#include "proto/error.h"
#include "proto/state.h"

struct log;

/* Called from the loop, or from the function that is named. */
struct self_fencing_hooks {
	void *context; /* borrowed until self_fencing_close */
	/* As in the settings of the watchdog and the gatekeeper. */
	void (*watchdog_fitness)(void *context, uint8_t role, const char *why);
	void (*gate_fitness)(void *context, uint8_t role, const char *why);
	/* From self_fencing_follow: what the member wants kept for the next worker. */
	void (*keep)(void *context, struct kept *kept);
	/* From self_fencing_follow: a lease ends before the guard would look again. */
	void (*wake_guard)(void *context);
	/* From self_fencing_follow: until when the addresses of the role may be here. */
	void (*limit_addresses)(void *context, uint8_t role, struct lifetime_lease lease);
	/* As in the settings of the escalator. */
	void (*list_up)(void *context, uint8_t role, char *out, size_t size);
	void (*kill_again)(void *context, uint8_t role);
};

struct self_fencing_settings {
	const struct config *config; /* borrowed until self_fencing_close, as are all pointers */
	const struct leases *leases; /* read in each self_fencing_follow */
	struct log *log;
	uv_loop_t *loop;
	const char *state_dir, *run_dir;
	struct self_fencing_hooks hooks;
};

struct self_fencing {
	struct shared_memory *memory; /* borrowed, set before open; NULL: no guard watches */
	struct kept kept;             /* scratch */
	struct self_fencing_settings settings;
	struct watchdog_layer watchdog;
	struct escalator escalator;
	struct gatekeeper gatekeeper;
};

enum code self_fencing_open(struct self_fencing *self_fencing,
                            const struct self_fencing_settings *settings, struct error *error);
/* Blocks for no longer than it takes to write to memory, and a watchdog some milliseconds. */
void self_fencing_follow(struct self_fencing *self_fencing);
/* The loop turns: it does not hang. */
void self_fencing_turn(struct self_fencing *self_fencing);
/* Whether no layer that is required is missing for the role; asked before each act of a start. */
bool self_fencing_allow(const struct self_fencing *self_fencing, uint8_t role);
/* News of the network, before any resource acts on them. */
void self_fencing_network(struct self_fencing *self_fencing, const struct network_change *change);
void self_fencing_close(struct self_fencing *self_fencing);
