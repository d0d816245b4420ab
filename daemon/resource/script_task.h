/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of one script, each as a task of which there is one at a time, and the script's own
 * record. When which of them runs is script.c's.
 */
#pragma once

#include "daemon/resource/task.h"

enum which { COMMAND_START, COMMAND_STATUS, COMMAND_STOP };
enum { COMMANDS = COMMAND_STOP + 1 };

struct script_task {
	struct resource *resource; /* borrowed */
	enum which which;
	struct task *task;       /* owned; NULL: nothing is left of it */
	const struct user *user; /* borrowed; NULL: as the daemon */
	/* From the loop. `problem` as in struct task_events. */
	void (*ended)(void *context, enum which which, const char *problem);
	void (*gone)(void *context);
	void *context;
};

enum code script_task_run(struct script_task *task, struct error *error);
/* What an earlier life of the daemon ran and what is left of it, if there is something. */
enum code script_task_adopt(struct script_task *task, struct error *error);
/* True when nothing of it is left; otherwise `gone` is called. */
bool script_task_kill(struct script_task *task);
void script_task_close(struct script_task *task);

/* What a later life of the daemon must know of a script: how to stop it, and whether it is as
 * `start` left it. Replaces what was written before. */
enum code script_task_record(const struct resource *resource, bool is_up, struct error *error);
