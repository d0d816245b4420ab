/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide, part six: a watchdog device, which resets the host unless
 * it is fed in time. Knows nothing of when that is right (daemon/self_fencing/watchdog_rules.h).
 * Nothing here allocates, logs or blocks, except that a device may take some milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "proto/clock.h"
#include "proto/error.h"

struct watchdog_facts {
	char identity[64]; /* the name of the device, for people */
	bool is_running;   /* it counts: somebody armed it, or let it go without stopping it */
	struct span shortest, longest; /* time-outs it takes; 0: it does not tell */
};

/*
 * Looks at the device without opening it, because to open is to arm. CODE_NOT_FOUND: no such file.
 * CODE_INVALID: not a watchdog. CODE_UNSUPPORTED: once armed it cannot be stopped (nowayout), or
 * the system does not tell; it must not be used where it is to be armed only at times.
 */
enum code platform_watchdog_look(const char *path, struct watchdog_facts *facts,
                                 struct error *error);

struct watchdog_device {
	int fd; /* -1: not open */
	char path[CONFIG_PATH_BYTES];
};

/* Touches nothing. */
void platform_watchdog_init(struct watchdog_device *device, const char *path);

/*
 * Opens the device if it is not open, sets its time-out, reads it back, and feeds it. `armed` is
 * what the device says: at most `timeout`, or the call fails. After a failure it is as before: not
 * open and stopped where it was not open (or the sentence says that it counts on). CODE_EXISTS:
 * somebody else has it open. CODE_DENIED, CODE_NOT_FOUND, CODE_INVALID: it takes no such time-out.
 * CODE_UNSUPPORTED: it would stop by itself when this process is killed.
 */
enum code platform_watchdog_arm(struct watchdog_device *device, struct span timeout,
                                struct span *armed, struct error *error);
/* The device must be open. */
enum code platform_watchdog_pet(struct watchdog_device *device, struct error *error);
/* Stops it and closes it. CODE_SYSTEM: it counts on, and will reset the host unless it is armed
 * again and fed. */
enum code platform_watchdog_disarm(struct watchdog_device *device, struct error *error);
/* Lets it go as it is: it counts on, for a later life of the daemon to take over or for nobody. */
void platform_watchdog_abandon(struct watchdog_device *device);
