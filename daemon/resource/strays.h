/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of roles that stand on this host although it has no claim to the role: somebody put
 * them there, on whichever interface. Noticed by news of the network, told in the log, the status
 * and, by the member, to the others. They are not removed: what this daemon did not add may be
 * somebody's configuration, and comes back with it; the packet gate keeps it silent meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/leases.h"
#include "daemon/log.h"
#include "daemon/platform/network.h"
#include "proto/clock.h"
#include "proto/error.h"

struct strays_hooks {
	void *context; /* borrowed until strays_close */
	/* Whether the packet gate keeps the addresses of the role silent here. */
	bool (*is_silent)(void *context, uint8_t role);
	/* Whether there is any now. Called from the loop, outside of a step of the member. */
	void (*changed)(void *context, bool is_any);
};

struct strays_settings {
	const struct config *config; /* borrowed until strays_close, as are the next three */
	const struct leases *leases;
	struct log *log;
	uv_loop_t *loop;
	struct strays_hooks hooks;
};

struct strays {
	struct strays_settings settings;
	struct network *network; /* owned */
	uv_timer_t look;
	bool is_open; /* `look` is a handle of the loop */
	bool is_any;  /* as `changed` was told */
	bool had_claim[ROLES_MAX];
	char found[CONFIG_RESOURCES_MAX][CONFIG_INTERFACE_BYTES]; /* where; "": nowhere */
};

/* Looks soon, in the loop. */
enum code strays_open(struct strays *strays, const struct strays_settings *settings,
                      struct error *error);
/* After each step of the member: claims that came or went. Writes to memory and nothing else. */
void strays_follow(struct strays *strays);
/* News of the network. An address of a role is looked for in the next turn of the loop. */
void strays_hear(struct strays *strays, const struct network_change *change);
/* The interface on which the resource's address stands without a claim; NULL: on none. */
const char *strays_find(const struct strays *strays, uint8_t resource);
/* Its handle ends with the loop's next turn. */
void strays_close(struct strays *strays);
