/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the daemon ends: a first signal asks the member to hand over or release every role; a second
 * one, or too long a wait, releases by force; a third, or a release that does not end, gives up and
 * says what may still run, in the log and to the others. It never says that something is down which
 * may not be.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

struct daemon;

enum leave_stage {
	LEAVE_NOT,      /* running */
	LEAVE_ASKED,    /* handing over, releasing */
	LEAVE_FORCED,   /* forcing release */
	LEAVE_DONE,     /* everything is down; the last heartbeats go out */
	LEAVE_GIVEN_UP, /* something may still be up */
};

struct shutdown {
	struct daemon *daemon; /* borrowed: the owner */
	enum leave_stage stage;
	uv_signal_t terminate;
	uv_signal_t interrupt;
	uv_signal_t hangup;
	uv_timer_t limit;
};

void shutdown_open(struct shutdown *leave, struct daemon *daemon);
/* As if asked to end. */
void shutdown_now(struct shutdown *leave);
/* EFFECT_LEFT: nothing is owned any more. */
void shutdown_done(struct shutdown *leave);
void shutdown_close(struct shutdown *leave);
