/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command of one resource as a child process: its environment, its lines in the log, its record
 * for a later life of the daemon, and killing it until nothing is left. Knows neither what the
 * command means nor how long it may take.
 */
#pragma once

#include <stdbool.h>

#include "daemon/platform/child.h"
#include "daemon/resource/resource.h"
#include "daemon/resource/run_records.h"
#include "daemon/resource/task_environment.h"

struct task;

/* Called from the loop, never from inside a task_ function. */
struct task_events {
	void *context; /* borrowed until task_close */
	/* The program runs now; NULL: does not matter. */
	void (*began)(void *context);
	/* `problem` NULL: it ended with status 0. Else what happened: could not be started, exited
	 * with another status, was killed. What it started may still run. */
	void (*ended)(void *context, const char *problem);
	/* After task_ask or task_kill: nothing is left of it. NULL: does not matter. */
	void (*gone)(void *context);
};

struct task_options {
	const struct resource *resource; /* borrowed until task_close */
	const char *what;                /* "process", "start", ...: one task of each at a time */
	const struct command *command;
	const struct user *user; /* NULL: as the daemon */
};

/* Looks up the user whose rights the resource's commands have, when it is opened: a name service
 * may let one wait. Without such a user this host is not fit for the resource. */
void task_user(struct resource *resource, struct user *user, bool *has_user);

enum code task_start(struct task **task, const struct task_options *options,
                     const struct task_events *events, struct error *error);
/* Goes on with one that an earlier life of the daemon started, as its record says. `ended` comes
 * from the loop, also when it has ended already. Of the options only `resource` and `what` count.
 * On failure it is as it was. */
enum code task_adopt(struct task **task, const struct task_options *options,
                     const struct leftover *record, const struct task_events *events,
                     struct error *error);
int64_t task_pid(const struct task *task);
bool task_has_ended(const struct task *task);

/* How a task that has ended did so. */
struct task_end {
	bool never_began; /* its program could not be started: it has done nothing */
	bool exited;      /* by itself, with this status */
	int number;
	const char *last_line; /* that it wrote and that was not blank, "" for none; of the task */
};
struct task_end task_end(const struct task *task);
/* Whether nothing is left of it now. Looks at the host. */
bool task_is_gone(const struct task *task);
/* Asks it to end and waits, however long it takes. */
void task_ask(struct task *task);
void task_kill(struct task *task);
/* Accepts NULL. What still runs goes on, and its record stays. */
void task_close(struct task *task);
