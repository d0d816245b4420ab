/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guard does at the end of a lease: brings down what the ledger says is up, and, where the
 * host is to be rebooted rather than left with something up, that. Knows no worker.
 */
#pragma once

#include "daemon/file.h"
#include "daemon/guard/shared_memory.h"
#include "daemon/platform/network.h"
#include "daemon/self_fencing/escalation.h"

/*
 * One round at `now`: releases every entry whose time is over and returns when to look again.
 * `everything`: as if every lease were over.
 */
struct instant guard_enforce(struct shared_memory *memory, struct network *network,
                             struct instant now, bool everything);

/* All zero but for the path: nothing is up. */
struct last_resort {
	char path[FILE_PATH_BYTES];         /* where a reboot is explained; by reboot_reason_path */
	struct escalation roles[ROLES_MAX]; /* by place in memory->roles */
	struct instant again_at;            /* it did not help: not before */
};

/* Reboots this host when it is time to; returns when to look again. */
struct instant last_resort_follow(struct last_resort *resort, const struct shared_memory *memory,
                                  struct instant now);
