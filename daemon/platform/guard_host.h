/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide, part five: what the guard needs to be there when nothing
 * else is. After guard_host_open nothing here allocates. Nothing logs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/platform/child.h"
#include "proto/clock.h"
#include "proto/error.h"

struct guard_host;

/*
 * Makes this process hard to hold up: its memory stays, it runs before ordinary processes, orphans
 * of the worker fall to it. What the host does not allow is told in `lacking` ("" for nothing) and
 * is no error. Signals to end are received by guard_host_wait from now on.
 */
enum code guard_host_open(struct guard_host **host, char *lacking, size_t size,
                          struct error *error);
void guard_host_close(struct guard_host *host);

/*
 * Starts the worker: the program of this process with `argv`, in the same session, with ordinary
 * priority. `channel` is the worker's end of a connection that closes when either dies; the worker
 * finds its number in the environment as FAILOVERD_GUARD.
 */
enum code guard_host_spawn(struct guard_host *host, char *const argv[], int64_t *pid,
                           struct error *error);

enum guard_wake {
	WAKE_TIME = 1 << 0,
	WAKE_WORKER_ENDED = 1 << 1,
	WAKE_WORKER_READY = 1 << 2, /* it said so for the first time */
	WAKE_ASKED_TO_END = 1 << 3,
};

struct worker_end {
	bool by_signal;
	int number; /* exit status or signal */
};

/* Waits for something of the above; `until` on the lease clock. A set of enum guard_wake. */
unsigned guard_host_wait(struct guard_host *host, struct instant until, struct worker_end *end);

/* Passes the request to end on to the worker. */
void guard_host_ask_worker(struct guard_host *host);
void guard_host_kill_worker(struct guard_host *host);

/* A line to standard error; dropped rather than waited for. */
void guard_host_say(const char *line);

/* Kills the child and what can be found of it without scanning the host. True: nothing is left. */
bool guard_host_strike(const struct child_id *id);

/* Worker's side. True: a guard watches over this process; it is told that this one works. */
bool guard_channel_open(int *fd);
void guard_channel_ready(int fd);
