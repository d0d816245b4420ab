/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resources of one role on this node: carries the acts of the group to them and their reports
 * back, with one timer, and remembers what the hooks are still to be told. Knows no other role.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/resource/group.h"
#include "daemon/resource/resource.h"
#include "daemon/resource/runner_hooks.h"
#include "daemon/resource/timers.h"

enum { WHY_BYTES = DETAIL_BYTES + NAME_BYTES + 16 };

/* Hooks to be told in the next turn of the loop. */
struct untold {
	bool fitness, started, failed, released;
	uint64_t epoch; /* of the release */
	char why[WHY_BYTES];
};

/* What all roles of a runner share. */
struct role_site {
	const struct config *config;
	struct resource_site resources;
	struct runner_hooks hooks;
	void (*tell_soon)(struct role_site *site); /* has role_tell called from the loop */
};

struct role {
	struct role_site *site; /* borrowed */
	uint8_t index;          /* in config->roles */
	bool is_listed;         /* this node may own it; if not, there are no resources */
	bool is_busy;           /* acts are being carried out further up the stack */
	struct group group;
	struct resource resources[CONFIG_ROLE_RESOURCES_MAX];
	struct timer *alarm; /* owned */
	struct untold untold;
};

/* Whether this node may own it. */
bool role_is_listed(const struct setup *setup, uint8_t role);

/* On failure what was opened is closed again. */
enum code role_open(struct role *role, struct role_site *site, uint8_t index, struct error *error);
void role_close(struct role *role);

void role_start(struct role *role, uint64_t epoch);
enum code role_adopt(struct role *role, uint64_t epoch, struct error *error);
void role_release(struct role *role, uint64_t epoch, bool forced, struct span limit);
unsigned role_announce(struct role *role);
void role_hear(struct role *role, const struct network_change *change);
/* Calls the hooks with what there is to tell. */
void role_tell(struct role *role);
