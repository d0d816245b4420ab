/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the daemon ends: a first signal asks the member to hand over or release every role; a second
 * one, or too long a wait, releases by force; a third, or a release that does not end, gives up and
 * says what may still run, in the log and to the others. It never says that something is down which
 * may not be.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "proto/clock.h"

struct config;
struct event;
struct host_role;
struct log;

/* Called from the loop. */
struct shutdown_hooks {
	void *context; /* borrowed until shutdown_close */
	void (*step)(void *context, const struct event *event);
	/* The role is released by force, within `limit`. */
	void (*force)(void *context, uint8_t role, struct span limit);
	/* Whether a guard would pass a terminal's interrupt on. */
	bool (*is_guarded)(void *context);
};

struct shutdown_settings {
	const struct config *config;   /* borrowed until shutdown_close, as are the next three */
	const struct host_role *roles; /* by index of the configuration */
	struct log *log;
	uv_loop_t *loop; /* stopped when it is over */
	struct shutdown_hooks hooks;
};

enum leave_stage {
	LEAVE_NOT,      /* running */
	LEAVE_ASKED,    /* handing over, releasing */
	LEAVE_FORCED,   /* forcing release */
	LEAVE_DONE,     /* everything is down; the last heartbeats go out */
	LEAVE_GIVEN_UP, /* something may still be up */
};

struct shutdown {
	struct shutdown_settings settings;
	enum leave_stage stage;
	uv_signal_t terminate;
	uv_signal_t interrupt;
	uv_signal_t hangup;
	uv_timer_t limit;
};

void shutdown_open(struct shutdown *leave, const struct shutdown_settings *settings);
/* As if asked to end. */
void shutdown_now(struct shutdown *leave);
/* EFFECT_LEFT: nothing is owned any more. */
void shutdown_done(struct shutdown *leave);
void shutdown_close(struct shutdown *leave);
