/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The self_fencing that end an ownership when this process cannot: each learns until when every
 * role may be up here, after each step of the member and before anything that step asks for is
 * done. So nothing is ever up under a lease that a layer does not know of, and no page that frees a
 * promise leaves before the self_fencing know. Knows the self_fencing and their order; how one
 * works is its own file's.
 */
#pragma once

#include "daemon/guard/shared_memory.h"
#include "daemon/self_fencing/escalator.h"
#include "daemon/self_fencing/gatekeeper.h"
#include "daemon/self_fencing/watchdog.h"
#include "proto/error.h"
#include "proto/state.h"

struct daemon;

struct self_fencing {
	struct shared_memory *memory; /* borrowed from daemon_settings; NULL: no guard watches */
	struct kept kept;             /* scratch */
	struct watchdog_layer watchdog;
	struct escalator escalator;
	struct gatekeeper gatekeeper;
};

enum code self_fencing_open(struct daemon *daemon, struct error *error);
/* Blocks for no longer than it takes to write to memory, and a watchdog some milliseconds. */
void self_fencing_follow(struct daemon *daemon);
/* The loop turns: it does not hang. */
void self_fencing_turn(struct daemon *daemon);
/* Whether no layer that is required is missing for the role; asked before each act of a start. */
bool self_fencing_allow(const struct daemon *daemon, uint8_t role);
/* News of the network, before any resource acts on them. */
void self_fencing_network(struct daemon *daemon, const struct network_change *change);
void self_fencing_close(struct daemon *daemon);
