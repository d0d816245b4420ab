/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layer of the packet gate: who keeps it told until when each role may answer here, keeps it at
 * every interface where somebody could ask, and says for which roles there is none. Each role with
 * an address has the slot of its number; what is in it:
 *
 *   - a lease, also one that is over while the role is still being released: the lease end;
 *   - no claim: nothing of the role is up here then, so what this host says of its address all the
 *     same, because somebody put it here, does not leave. Everything else passes: what comes by for
 *     the address belongs to its owner elsewhere, whom this host may be a router, bridge or client
 *     of.
 *
 * An address is guarded before it can be added, from the start of the daemon on and again with
 * every news of its interface. The gate outlives this process, and goes on where it stood.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/leases.h"
#include "daemon/log.h"
#include "daemon/platform/network.h"
#include "proto/clock.h"
#include "proto/error.h"

struct gate;

struct gatekeeper_hooks {
	void *context; /* borrowed until gatekeeper_close */
	/* Only where a gate is required: whether the role can run here; `why` NULL: it can. Called
	 * from gatekeeper_open and from the loop. */
	void (*fitness)(void *context, uint8_t role, const char *why);
};

struct gatekeeper_settings {
	const struct config *config; /* borrowed until gatekeeper_close, as are the next four */
	const struct leases *leases;
	const char *run_dir;
	struct log *log;
	uv_loop_t *loop;
	struct gatekeeper_hooks hooks;
};

enum { GATEKEEPER_WHY_BYTES = ERROR_TEXT_BYTES };

struct gatekeeper_role {
	bool has_address;
	char why[GATEKEEPER_WHY_BYTES]; /* it is not guarded; "": it is */
};

struct gatekeeper {
	struct gatekeeper_settings settings;
	struct gate *gate;       /* owned; NULL: there is none */
	struct network *network; /* owned */
	uv_timer_t look;
	bool is_open;                    /* `look` is a handle of the loop */
	size_t covered;                  /* interfaces that this round has seen to */
	char why[GATEKEEPER_WHY_BYTES];  /* there is none */
	char told[GATEKEEPER_WHY_BYTES]; /* the last trouble that was logged */
	struct gatekeeper_role roles[ROLES_MAX];
};

enum gate_use {
	GATE_NONE,    /* not wanted, or not possible: `why` */
	GATE_STANDBY, /* no claim here: only what this host would say of the address is dropped */
	GATE_OPEN,    /* until the lease ends */
	GATE_CLOSED,
};
enum { GATE_USES = GATE_CLOSED + 1 };

struct gatekeeper_view {
	enum gate_use use;
	uint64_t dropped; /* packets, since the gate was made */
	const char *why;  /* GATE_NONE; borrowed until the next call of the keeper */
};

/* Opens, makes or, where it is not wanted, takes down the gate. That there is none is no failure.
 */
enum code gatekeeper_open(struct gatekeeper *keeper, const struct gatekeeper_settings *settings,
                          struct error *error);
/* Brings the lease ends into the gate: after each step. Writes to memory and nothing else. */
void gatekeeper_follow(struct gatekeeper *keeper);
/* News from the network, before any resource acts on them. */
void gatekeeper_hear(struct gatekeeper *keeper, const struct network_change *change);
/* Whether all addresses of the role are silent from its lease end on. */
bool gatekeeper_silences(const struct gatekeeper *keeper, uint8_t role);
/* False: the role has no address here. */
bool gatekeeper_view(const struct gatekeeper *keeper, uint8_t role, struct gatekeeper_view *view);
/* Leaves the gate standing. Its handle ends with the loop's next turn. */
void gatekeeper_close(struct gatekeeper *keeper);
