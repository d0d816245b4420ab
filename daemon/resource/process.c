/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kind `process`: a program that runs in the foreground for as long as the role is here. It is up
 * once its program runs; its end, for whatever reason, is a failure unless it was asked for.
 */
#include "daemon/resource/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "config/digest.h"
#include "daemon/resource/run_tracking.h"
#include "daemon/resource/task.h"

struct process {
	struct resource *resource;
	struct task *task; /* owned; NULL: nothing is left of it */
	struct user user;
	bool has_user;
	bool is_leaving;
};

static void on_began(void *context)
{
	struct process *process = context;
	resource_report(process->resource, REPORT_UP);
}

static void on_ended(void *context, const char *problem)
{
	struct process *process = context;
	process->resource->pid = 0;
	if (!process->is_leaving)
		resource_report_problem(process->resource, REPORT_FAILED, "%s",
		                        problem == NULL ? "ended by itself with status 0"
		                                        : problem);
}

static void on_gone(void *context)
{
	struct process *process = context;
	task_close(process->task);
	process->task = NULL;
	resource_report(process->resource, REPORT_DOWN);
}

static struct task_options options_of(struct process *process)
{
	return (struct task_options){
	    .resource = process->resource,
	    .what = "process",
	    .command = &process->resource->config->start,
	    .user = process->has_user ? &process->user : NULL,
	};
}

static struct task_events events_of(struct process *process)
{
	return (struct task_events){
	    .context = process, .began = on_began, .ended = on_ended, .gone = on_gone};
}

static void process_start(struct resource *resource)
{
	struct process *process = resource->kind;
	struct error error;
	const struct task_options options = options_of(process);
	const struct task_events events = events_of(process);
	process->is_leaving = false;
	if (!resource_may_act(resource))
		resource_report(resource, REPORT_REFUSED);
	else if (task_start(&process->task, &options, &events, &error) != CODE_OK)
		resource_report_problem(resource, REPORT_FAILED, "%s", error.text);
	else
		resource->pid = task_pid(process->task);
}

/* One that ended while nobody watched is taken over like one that runs: its end is told at once,
 * and then it is a failure as any other. */
static enum code process_adopt(struct resource *resource, enum group_found *found,
                               struct error *error)
{
	struct process *process = resource->kind;
	const struct task_options options = options_of(process);
	const struct task_events events = events_of(process);
	struct leftover record;
	enum code code = run_tracking_find(resource, "process", &record, error);
	*found = FOUND_NOTHING;
	if (code == CODE_NOT_FOUND)
		return CODE_OK;
	if (code == CODE_OK)
		code = task_adopt(&process->task, &options, &record, &events, error);
	if (code != CODE_OK)
		return code;
	bool is_same = record.digest == digest_program(resource->config);
	process->is_leaving = !is_same;
	resource->pid = task_pid(process->task);
	log_write(resource->site->log, LEVEL_INFO, "resource %s: process %lld continues%s",
	          resource->config->name, (long long)resource->pid,
	          is_same ? "" : ", but the configuration names another: stopping it");
	*found = is_same ? FOUND_UP : FOUND_REMAINS;
	return CODE_OK;
}

static void process_stop(struct resource *resource)
{
	struct process *process = resource->kind;
	process->is_leaving = true;
	if (process->task == NULL)
		resource_report(resource, REPORT_DOWN);
	else if (task_has_ended(process->task))
		/* What a crashed program leaves of itself has nobody to tell it to end. */
		task_kill(process->task);
	else
		task_ask(process->task);
}

static void process_kill(struct resource *resource, struct span limit)
{
	struct process *process = resource->kind;
	(void)limit; /* an orderly end is what was there before */
	process->is_leaving = true;
	if (process->task == NULL)
		resource_report(resource, REPORT_DOWN);
	else
		task_kill(process->task);
}

static void process_close(struct resource *resource)
{
	struct process *process = resource->kind;
	task_close(process->task);
	free(process);
}

static enum code process_open(struct resource *resource, struct error *error)
{
	struct process *process = calloc(1, sizeof *process);
	if (process == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	process->resource = resource;
	resource->kind = process;
	task_user(resource, &process->user, &process->has_user);
	return CODE_OK;
}

const struct resource_ops process_ops = {
    .open = process_open,
    .close = process_close,
    .adopt = process_adopt,
    .start = process_start,
    .stop = process_stop,
    .kill = process_kill,
};
