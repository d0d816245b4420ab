/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the worker able to run on a busy host: memory that stays, and a place before ordinary
 * processes. A place that it must not abuse: a loop that never pauses,
 * because of a flood of datagrams or of a mistake of ours, is an ordinary process for a while. One
 * that does not even turn is ended by the guard.
 */
#pragma once

#include <uv.h>

#include "proto/error.h"

struct daemon;

struct realtime {
	struct daemon *daemon; /* borrowed: the owner */
	struct error memory, processor;
	uv_signal_t exceeded;
	uv_timer_t again;
};

/* Before this process has another thread than the calling one: all have to have the same place. */
void realtime_begin(struct realtime *realtime);
/* Needs the log and the loop. What this host does not allow is told once. */
void realtime_open(struct realtime *realtime, struct daemon *daemon);
void realtime_close(struct realtime *realtime);
