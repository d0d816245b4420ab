/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watchdog of this host at work: carries out on the device (platform/watchdog.h) what the
 * policy (daemon/self_fencing/watchdog_rules.h) orders, and says in words what came of it. Knows
 * neither the loop nor the member; what time it is, it reads right before each order and right
 * after.
 *
 * A device may take some milliseconds for each act, and that long nothing else happens here; one
 * that takes longer is told of.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/platform/watchdog.h"
#include "daemon/self_fencing/watchdog_rules.h"
#include "proto/note.h" /* enum note_level */

/* Gets each line for people, without a newline. */
struct watchdog_feeder_hooks {
	void *context;
	void (*say)(void *context, enum note_level level, const char *line);
};

struct watchdog_feeder_settings {
	enum config_use use;
	const char *device;  /* copied */
	struct span timeout; /* wanted; 0: the longest that fits */
	struct timing timing;
	struct watchdog_feeder_hooks hooks;
};

struct watchdog_feeder {
	bool in_use;   /* there is a time-out that fits, and it was not switched off */
	bool required; /* without it nothing may be started */
	bool proven;   /* the device did what it should at least once */
	struct span heartbeat;
	struct watchdog_feeder_hooks hooks;
	struct watchdog policy;
	struct watchdog_device device;
	struct watchdog_facts facts;
	struct instant ends[ROLES_MAX]; /* lease ends as last told to the policy */
	uint64_t feedings;
	struct instant slow_told;
	char trouble[ERROR_TEXT_BYTES]; /* why it protects from nothing now; "": it works */
};

/* Touches no device yet. */
void watchdog_feeder_open(struct watchdog_feeder *feeder,
                          const struct watchdog_feeder_settings *settings);
/* Stops the device if nothing is owned; else leaves it counting, for the next life of the worker to
 * take over, or to reset this host. Accepts one that was never opened, if it is all zero. */
void watchdog_feeder_close(struct watchdog_feeder *feeder);

/* This node has the role until then, with this release; INSTANT_PAST: it does not, and all of the
 * role is down. Cheap, at any time. */
void watchdog_feeder_follow(struct watchdog_feeder *feeder, uint8_t role, struct instant lease_end,
                            struct span release);
/* Does what is due now. The first time it takes over whatever an earlier life left, and stops it
 * again where nothing is owned: which shows whether the device works, before it is needed. */
void watchdog_feeder_turn(struct watchdog_feeder *feeder);
/* When to call watchdog_feeder_turn again if nothing happens before. */
struct instant watchdog_feeder_deadline(const struct watchdog_feeder *feeder);

/* Whether something of the role may be started as far as the watchdog goes. */
bool watchdog_feeder_allows(const struct watchdog_feeder *feeder, uint8_t role);
/* What makes every role impossible on this node; NULL: nothing. */
const char *watchdog_feeder_obstacle(const struct watchdog_feeder *feeder);
