/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of one script as tasks.
 */
#include "daemon/resource/script_task.h"

#include <string.h>

#include "daemon/resource/run_tracking.h"

static const char *const names[COMMANDS] = {
    [COMMAND_START] = "start",
    [COMMAND_STATUS] = "status",
    [COMMAND_STOP] = "stop",
};

static void on_ended(void *context, const char *problem)
{
	struct script_task *task = context;
	task->ended(task->context, task->which, problem);
}

static void on_gone(void *context)
{
	struct script_task *task = context;
	task_close(task->task);
	task->task = NULL;
	task->gone(task->context);
}

static struct task_options options_of(const struct script_task *task)
{
	const struct config_resource *config = task->resource->config;
	const struct command *const words[COMMANDS] = {
	    [COMMAND_START] = &config->start,
	    [COMMAND_STATUS] = &config->status,
	    [COMMAND_STOP] = &config->stop,
	};
	return (struct task_options){
	    .resource = task->resource,
	    .what = names[task->which],
	    .command = words[task->which],
	    .user = task->user,
	};
}

static struct task_events events_of(struct script_task *task)
{
	return (struct task_events){.context = task, .ended = on_ended, .gone = on_gone};
}

enum code script_task_run(struct script_task *task, struct error *error)
{
	const struct task_options options = options_of(task);
	const struct task_events events = events_of(task);
	return task_start(&task->task, &options, &events, error);
}

enum code script_task_adopt(struct script_task *task, struct error *error)
{
	const struct task_options options = options_of(task);
	const struct task_events events = events_of(task);
	struct leftover record;
	enum code code = run_tracking_find(task->resource, options.what, &record, error);
	if (code == CODE_NOT_FOUND)
		return CODE_OK;
	return code == CODE_OK ? task_adopt(&task->task, &options, &record, &events, error) : code;
}

bool script_task_kill(struct script_task *task)
{
	if (task->task == NULL)
		return true;
	task_kill(task->task);
	return false;
}

void script_task_close(struct script_task *task)
{
	task_close(task->task);
	task->task = NULL;
}

enum code script_task_record(const struct resource *resource, bool is_up, struct error *error)
{
	struct leftover leftover;
	const struct config_resource *config = resource->config;
	run_tracking_begin(resource, LEFTOVER_SCRIPT, &leftover);
	leftover.is_up = is_up;
	leftover.stop = config->stop;
	leftover.stop_timeout = config->stop_timeout;
	memcpy(leftover.user, config->user, sizeof leftover.user);
	leftover.environment = config->environment;
	memcpy(leftover.directory, config->directory, sizeof leftover.directory);
	return run_tracking_leave(resource, "script", &leftover, error);
}
