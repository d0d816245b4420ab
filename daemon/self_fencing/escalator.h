/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last resort of the worker, where a role is still up here although others may start it: says
 * so and kills again, or reboots this host. When that is, escalation.h decides; the guard does the
 * same in the worker's place. Shows what an earlier life had to do.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "daemon/self_fencing/escalation.h"
#include "daemon/file.h"
#include "daemon/self_fencing/reboot_reason.h"
#include "proto/limits.h"

struct daemon;

struct escalator {
	struct daemon *daemon; /* borrowed: the owner; NULL: not open */
	uv_timer_t timer;
	bool reboots;
	char path[FILE_PATH_BYTES];
	struct reboot_reason last; /* of an earlier life */
	struct escalation roles[ROLES_MAX];
	struct instant again_at[ROLES_MAX]; /* what was done did not help: not before */
};

/* Blocks: reads what an earlier life left, and logs what nobody has logged yet. */
enum code escalator_open(struct escalator *escalator, struct daemon *daemon, struct error *error);
/* After each step of the member. */
void escalator_follow(struct escalator *escalator);
/* Its handle ends with the loop's next turn. */
void escalator_close(struct escalator *escalator);
