/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the watchdog of this host is armed, fed and disarmed. Pure: it takes what this node owns
 * and the time, and answers what the device is to do. Knows neither the
 * device (platform/watchdog.h) nor roles by name, and reads no clock.
 *
 * The arithmetic. An owner's heartbeat, sent at s, is confirmed by a majority. The lease runs until
 * s + lease; each voter of the majority binds itself, from its receipt on, for a promise that by
 * any clock within the bound of drift outlasts s + lease + release. So no other node starts before
 * s + lease + release, and by then a host that hangs must have been reset. A watchdog fed at p
 * resets the host at p + timeout, not a tick exactly. Half of `release` is left for that:
 *
 *     s              p                   lease end   reset by      others may start
 *     |--------------|-----------------------|-----------|-------------|
 *     |<----------- lease ------------------>|<- release/2 ->|<- release/2 ->|
 *                    |<------- timeout ----------------->|
 *
 * It is fed, and armed, only while p + timeout <= lease end + release/2, with the lease end of
 * every role this node owns: so a late confirmation, or none, never moves the reset behind what the
 * promises leave. A worker that lives but has lost its majority feeds up to that limit and no
 * further, which leaves it the first half of `release` to bring the roles down and to disarm:
 * being cut off resets nobody who can still release.
 *
 * Which time-out leaves room for all this is config/fit.h's business.
 *
 * What no arithmetic covers: a host that is frozen as a whole, with its watchdog, between the
 * reading of the clock and the feeding; watchdog_done tells when that happened.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/limits.h"

enum watchdog_act {
	WATCHDOG_NOTHING,
	WATCHDOG_ARM, /* open the device if it is not open, and set its time-out, which feeds it */
	WATCHDOG_PET,
	WATCHDOG_DISARM,
};

struct watchdog_order {
	enum watchdog_act act;
	/* Once when 60 % of the time-out have passed without feeding; 0: nothing to warn of. */
	struct span silent;
};

struct watchdog {
	struct span timeout; /* wanted */
	struct span armed;   /* what the device is armed with; 0: it is not armed */
	bool left_running;   /* it may count though nobody here armed it, or did not stop, or is not
	                        known to work: to be armed and stopped again */
	bool has_warned;
	struct instant fed; /* when the device last began to count */
	struct instant pet_at; /* when to feed next */
	struct instant
	    arm_at; /* not before: it failed a moment ago, or no reset would be in time */
	struct instant disarm_at;
	bool owns[ROLES_MAX];
	struct instant reset_by[ROLES_MAX]; /* where owned: the device must have fired by then */
};

/* `left_running`: an earlier life of the daemon may have left the device counting, or whether it
 * works is to be seen: where nothing is owned it is armed and stopped at once. */
void watchdog_init(struct watchdog *watchdog, struct span timeout, bool left_running);

/* This node owns the role until `lease_end`, as a majority just confirmed, with the `release` which
 * that heartbeat declared. Before the first start, and after each confirmation. */
void watchdog_hold(struct watchdog *watchdog, uint8_t role, struct instant lease_end,
                   struct span release);
/* All of the role is down, and that is confirmed. */
void watchdog_released(struct watchdog *watchdog, uint8_t role);
/* Whether a hang from now on resets the host in time for this role: where the watchdog is required,
 * nothing of the role is started before. */
bool watchdog_covers(const struct watchdog *watchdog, uint8_t role);

/* What to do now. After doing it, watchdog_done or watchdog_failed, and ask again. */
struct watchdog_order watchdog_next(struct watchdog *watchdog, struct instant now);
/* `after` is the time when it was done, `armed` what the device says it was armed with (only for
 * WATCHDOG_ARM). The result is how much too late it happened: more than 0 is worth a line. */
struct span watchdog_done(struct watchdog *watchdog, enum watchdog_act act, struct instant after,
                          struct span armed);
void watchdog_failed(struct watchdog *watchdog, enum watchdog_act act, struct instant now);
/* When to ask again if nothing happens before. */
struct instant watchdog_deadline(const struct watchdog *watchdog);
