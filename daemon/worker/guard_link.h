/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's end of its connection to the guard: says that it works, lets another program take
 * over, and notices when the guard is gone. A worker that nobody watches over is worth little: its
 * own hang would leave a lease to nobody. So it gets a new guard, which ends this worker and starts
 * another that adopts what runs; and when none comes, it hands over its roles and leaves.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "proto/error.h"

struct log;

/* Called from the loop. */
struct guard_link_hooks {
	void *context; /* borrowed until guard_link_close */
	/* No new guard has come: hand over everything and leave. */
	void (*forsaken)(void *context);
	/* The guard has the order to start the program in the file: end now. */
	void (*replaced)(void *context);
};

struct guard_link_settings {
	uv_loop_t *loop; /* borrowed until guard_link_close, as is the log */
	struct log *log;
	int fd;            /* owned from now on; -1: there is no guard, and nothing happens below */
	bool is_managed;   /* a service manager starts the next guard */
	char *const *argv; /* how to start one otherwise; borrowed, NULL at the end */
	struct guard_link_hooks hooks;
};

struct guard_link {
	struct guard_link_settings settings;
	bool is_open;
	uv_poll_t poll;
	uv_timer_t timer;
	bool is_replacing;
	unsigned tries;  /* to get a new guard */
	int64_t revived; /* process; 0: none under way */
};

enum code guard_link_open(struct guard_link *link, const struct guard_link_settings *settings,
                          struct error *error);
/* This process works. */
void guard_link_ready(struct guard_link *link);
/* A lease ends before the guard would look again. */
void guard_link_wake_guard(struct guard_link *link);
/* Ends this process soon, without releasing anything, for the program in the file to go on. False:
 * there is no guard that could start it. */
bool guard_link_replace(struct guard_link *link);
/* Whether a guard watches. */
bool guard_link_holds(const struct guard_link *link);
void guard_link_close(struct guard_link *link);
