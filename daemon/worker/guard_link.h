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

struct daemon;

struct guard_link {
	struct daemon *daemon; /* borrowed: the owner */
	bool is_open;
	int fd;            /* owned */
	bool is_managed;   /* a service manager starts the next guard */
	char *const *argv; /* borrowed: how to start one otherwise */
	uv_poll_t poll;
	uv_timer_t timer;
	bool is_replacing;
	unsigned tries;  /* to get a new guard */
	int64_t revived; /* process; 0: none under way */
};

/* `fd` -1: there is no guard, and nothing happens below. `argv` ends with NULL. */
enum code guard_link_open(struct guard_link *link, struct daemon *daemon, int fd, bool is_managed,
                          char *const argv[], struct error *error);
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
