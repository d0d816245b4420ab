/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last resort of the worker, where a role is still up here although others may start it: says
 * so and kills again, or reboots this host. When that is, escalation.h decides; the guard does the
 * same in the worker's place. Shows what an earlier life had to do.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/file.h"
#include "daemon/leases.h"
#include "daemon/self_fencing/escalation.h"
#include "daemon/self_fencing/reboot_reason.h"
#include "proto/limits.h"

struct log;

struct escalator_settings {
	const struct config *config; /* borrowed until escalator_close, as are all pointers */
	const struct leases *leases;
	struct log *log;
	uv_loop_t *loop;
	const char *state_dir;
	void *context;
	/* What is up of the role, for the log: "db: does not go away, app". */
	void (*list_up)(void *context, uint8_t role, char *out, size_t size);
	/* The role is released by force again. */
	void (*kill_again)(void *context, uint8_t role);
};

struct escalator {
	struct escalator_settings settings;
	bool is_open;
	uv_timer_t timer;
	bool reboots;
	char path[FILE_PATH_BYTES];
	struct reboot_reason last; /* of an earlier life */
	struct escalation roles[ROLES_MAX];
	struct instant again_at[ROLES_MAX]; /* what was done did not help: not before */
};

/* Blocks: reads what an earlier life left, and logs what nobody has logged yet. */
enum code escalator_open(struct escalator *escalator, const struct escalator_settings *settings,
                         struct error *error);
/* After each step of the member. */
void escalator_follow(struct escalator *escalator);
/* Its handle ends with the loop's next turn. */
void escalator_close(struct escalator *escalator);
