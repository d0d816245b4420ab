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

struct log;

struct realtime {
	struct log *log; /* borrowed until closed */
	struct error memory, processor;
	uv_signal_t exceeded;
	uv_timer_t again;
};

/* Before this process has another thread than the calling one: all have to have the same place. */
void realtime_begin(struct realtime *realtime);
/* What this host does not allow is logged, here and once. `loop` and `log` are borrowed until
 * closed. */
void realtime_open(struct realtime *realtime, uv_loop_t *loop, struct log *log);
void realtime_close(struct realtime *realtime);
