/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a script is brought down, and what proves that it is. Knows neither how it came up nor why it
 * is to end.
 *
 * `stop` is run also when the role is released by force, and then, too, until it has ended: what a
 * script sets up is seldom only a process (a mounted file system, a unit of systemd), and what two
 * nodes must not have at once is gone only when somebody says so who can know. The resource is down
 * when `stop` ended with 0, or `status` says that it is not up, or, where the script has no
 * `status`, when all processes are gone that `start` left running. A command that was killed proves
 * nothing. Until then `stop` is tried again, without limit of time. What it takes beyond `release`
 * others do not wait for: the claim stays `releasing`, and everybody is told (proto/election.c).
 * Whatever processes the commands left behind are killed after `stop`, and in a forced release
 * within it.
 */
#pragma once

#include <stdbool.h>

#include "daemon/resource/resource.h"
#include "daemon/resource/script_task.h"
#include "daemon/resource/timers.h"
#include "daemon/resource/verdict.h"

enum script_phase {
	SCRIPT_AWAY,
	SCRIPT_STARTING,
	SCRIPT_HERE,
	SCRIPT_ENDING, /* commands that were under way are being killed, for `stop` to run alone */
	SCRIPT_STOPPING, /* `stop` runs */
	SCRIPT_CLEANING, /* what the commands left is being killed */
	SCRIPT_ASKING,   /* `stop` failed; `status` runs */
	SCRIPT_RESTING,  /* nothing proves that it is down; `stop` comes again */
};

struct script {
	struct resource *resource;
	struct script_task commands[COMMANDS];
	enum script_phase phase;
	bool start_ended;    /* by itself, with 0 */
	bool never_started;  /* its program could not be run: there is nothing to stop */
	bool left_processes; /* `start` did, and they ran until now: their end proves something */
	bool is_forced;
	bool stop_failed;
	bool stop_was_killed;
	enum verdict_of_status verdict; /* after a failed stop */
	unsigned not_up;                /* how often in a row `status` said so after a kill */
	unsigned attempts;              /* to stop it, since it was up */
	struct instant stop_began;      /* the last of them */
	struct span rest;               /* before the next one */
	struct timer *next;             /* owned: the next status, or the next stop */
	struct timer *limit;            /* owned: for the status or the stop under way */
	struct timer *sweep; /* owned: when a forced release kills the processes of `start` */
	struct user user;
};

/* Of one that is all zero but for what script.c opened. */
void script_down_init(struct script *script);
/* Begins, from any phase: what is under way is ended, for `stop` to run alone. Answers REPORT_DOWN
 * when it is proven, however long that takes. */
void script_down_begin(struct script *script);
/* The next attempt, when SCRIPT_RESTING is over. */
void script_down_again(struct script *script);
/* Something of a command is gone. */
void script_down_proceed(struct script *script);
/* `problem` as in struct task_events. */
void script_down_stop_ended(struct script *script, const char *problem);
/* Kills a `stop` that has had its time. */
void script_down_stop_late(struct script *script);
