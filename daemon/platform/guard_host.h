/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide, part five: what the guard needs to be there when nothing
 * else is, and the connection between it and the worker. After guard_host_open nothing of the
 * guard's side allocates or blocks, except as said. Knows neither leases nor resources.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/platform/child.h"
#include "proto/clock.h"
#include "proto/error.h"

struct guard_host;

/* A worker, and never another process that got its number. */
struct worker_id {
	int64_t pid; /* 0: none */
	uint64_t started;
};

/*
 * Makes this process hard to hold up: its memory stays, it runs before ordinary processes, orphans
 * of the worker fall to it. What the host does not allow is told in `lacking` ("" for nothing) and
 * is no error. Signals to end are received by guard_host_wait from now on.
 */
enum code guard_host_open(struct guard_host **host, char *lacking, size_t size,
                          struct error *error);
void guard_host_close(struct guard_host *host); /* accepts NULL */

/*
 * Starts the worker: this very program, whatever its file holds by now, with `argv`, in the same
 * session, with ordinary priority. The worker's end of the connection is in its environment; the
 * connection closes when either dies. It is held: it begins with guard_host_go, and never if this
 * process dies before.
 */
enum code guard_host_spawn(struct guard_host *host, char *const argv[], struct worker_id *worker,
                           struct error *error);
void guard_host_go(struct guard_host *host);

enum guard_wake {
	WAKE_TIME = 1 << 0,
	WAKE_WORKER_ENDED = 1 << 1,
	WAKE_WORKER_READY = 1 << 2,   /* it said so for the first time */
	WAKE_WORKER_REPLACE = 1 << 3, /* it ends now, for the program in the file to take over */
	WAKE_ASKED_TO_END = 1 << 4,
	WAKE_HANGUP = 1 << 5,
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
/* Kills a worker whose guard is gone. True: it is not there any more; else ask again. */
bool guard_host_end_orphan(const struct worker_id *worker);

bool guard_host_worker_lives(const struct worker_id *worker);

/* Becomes the program that is in this program's file now. Returns only when that fails. */
enum code guard_host_become(struct guard_host *host, char *const argv[], struct error *error);

/* A word to the service manager (sd_notify(3)); dropped where there is none. */
void guard_host_tell_manager(struct guard_host *host, const char *text);
/* How often the manager wants to hear WATCHDOG=1; 0: it does not. */
struct span guard_host_manager_interval(const struct guard_host *host);

/* To standard error; dropped rather than waited for. */
void guard_host_say(const char *text, size_t length);

/* Kills the child and what can be found of it without scanning the host. True: nothing is left. */
bool guard_host_strike(const struct child_id *id);

/* The worker's side. None of it blocks. */

/* False: no guard watches over this process. `fd` becomes readable when the guard is gone. */
bool guard_channel_open(int *fd, bool *is_managed);
void guard_channel_ready(int fd);
/* The guard looks again at what is up and until when. */
void guard_channel_wake(int fd);
/* This process ends now without releasing anything; the guard is to become the program in the
 * file. */
void guard_channel_replace(int fd);
/* Whether the guard is gone. */
bool guard_channel_is_dead(int fd);
/* Starts a guard, which will end this process and start another worker; collected by
 * guard_channel_collect. Programs are started from the file they were started from. */
enum code guard_channel_revive(char *const argv[], int64_t *pid, struct error *error);
/* True: the guard that was started has ended without having taken over. */
bool guard_channel_collect(int64_t pid);
