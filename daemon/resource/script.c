/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kind `script`: three commands of the operator's. `start` must have ended with 0 before the
 * resource is up; `status`, if there is one, is asked while it is up; `stop` must end with 0.
 */
#include "daemon/resource/kinds.h"

#include <stdlib.h>

#include "config/digest.h"
#include "config/print.h"
#include "daemon/resource/run_tracking.h"
#include "daemon/resource/script_down.h"

static enum code run(struct script *script, enum which which, struct error *error)
{
	return script_task_run(&script->commands[which], error);
}

static bool kill_command(struct script *script, enum which which)
{
	return script_task_kill(&script->commands[which]);
}

static void watch_on(struct script *script)
{
	if (script->resource->config->status.word_count > 0)
		timer_set(script->next, script->resource->config->status_interval);
}

/* What commands say. */

static void come_here(struct script *script)
{
	script->phase = SCRIPT_HERE;
	script->start_ended = true;
	watch_on(script);
}

static void start_ended(struct script *script, const char *problem)
{
	if (script->phase != SCRIPT_STARTING)
		return;
	const struct task *task = script->commands[COMMAND_START].task;
	if (problem != NULL) {
		script->never_started = task != NULL && task_end(task).never_began;
		resource_report_problem(script->resource, REPORT_FAILED, "start %s", problem);
		return;
	}
	/* Without it a later life stops it and starts it again. */
	(void)script_task_record(script->resource, true, NULL);
	come_here(script);
	resource_report(script->resource, REPORT_UP);
}

static void status_ended(struct script *script, const char *problem)
{
	const struct task *task = script->commands[COMMAND_STATUS].task;
	if (script->phase == SCRIPT_HERE || script->phase == SCRIPT_ASKING)
		timer_stop(script->limit);
	if (script->phase == SCRIPT_ASKING && task != NULL) {
		const struct task_end end = task_end(task);
		script->verdict = verdict_of_status(end.exited, end.number, end.last_line);
	}
	kill_command(script, COMMAND_STATUS); /* and what it left */
	if (script->phase == SCRIPT_HERE && problem != NULL)
		resource_report_problem(script->resource, REPORT_FAILED, "status %s", problem);
	else if (script->phase == SCRIPT_HERE)
		watch_on(script);
}

static void on_command_ended(void *context, enum which which, const char *problem)
{
	static void (*const ended[COMMANDS])(struct script *, const char *) = {
	    [COMMAND_START] = start_ended,
	    [COMMAND_STATUS] = status_ended,
	    [COMMAND_STOP] = script_down_stop_ended,
	};
	ended[which](context, problem);
}

static void on_command_gone(void *context)
{
	script_down_proceed(context);
}

static void on_next(void *context)
{
	struct script *script = context;
	struct error error;
	if (script->phase == SCRIPT_RESTING) {
		script_down_again(script);
		return;
	}
	if (script->phase != SCRIPT_HERE)
		return;
	/* What the last one left dies hard; it is not asked again before. */
	if (script->commands[COMMAND_STATUS].task != NULL)
		watch_on(script);
	else if (run(script, COMMAND_STATUS, &error) != CODE_OK)
		resource_report_problem(script->resource, REPORT_FAILED, "%s", error.text);
	else
		timer_set(script->limit, script->resource->config->status_timeout);
}

static void on_limit(void *context)
{
	struct script *script = context;
	char limit[SPAN_TEXT_BYTES];
	if (script->phase == SCRIPT_STOPPING) {
		script_down_stop_late(script);
		return;
	}
	kill_command(script, COMMAND_STATUS);
	if (script->phase != SCRIPT_HERE)
		return;
	span_text(script->resource->config->status_timeout, limit);
	resource_report_problem(script->resource, REPORT_FAILED, "status took longer than %s",
	                        limit);
}

/* Not `stop`, and not the `status` that tells what it did. */
static void on_sweep(void *context)
{
	struct script *script = context;
	kill_command(script, COMMAND_START);
	if (script->phase != SCRIPT_ASKING)
		kill_command(script, COMMAND_STATUS);
}

/* What is asked of the kind. */

static void script_start(struct resource *resource)
{
	struct script *script = resource->kind;
	struct error error;
	script->is_forced = script->start_ended = false;
	script->never_started = script->left_processes = false;
	enum code code = script_task_record(resource, false, &error);
	if (code == CODE_OK && !resource_may_act(resource)) {
		run_tracking_forget(resource, "script");
		resource_report(resource, REPORT_REFUSED);
		return;
	}
	script->phase = SCRIPT_STARTING;
	if (code == CODE_OK)
		code = run(script, COMMAND_START, &error);
	if (code != CODE_OK)
		resource_report_problem(resource, REPORT_FAILED, "%s", error.text);
}

/* What `start` left running is killed after `stop`, as ever. A start or stop under way ended with
 * the earlier life, or runner_clean ended it; how far it came nobody knows: stopped, started. */
static enum code script_adopt(struct resource *resource, enum group_found *found,
                              struct error *error)
{
	struct script *script = resource->kind;
	struct leftover record;
	*found = FOUND_NOTHING;
	enum code code = run_tracking_find(resource, "script", &record, error);
	if (code == CODE_NOT_FOUND)
		return CODE_OK;
	if (code == CODE_OK)
		code = script_task_adopt(&script->commands[COMMAND_START], error);
	if (code != CODE_OK)
		return code;
	bool is_up = record.is_up && record.digest == digest_program(resource->config);
	*found = is_up ? FOUND_UP : FOUND_REMAINS;
	log_write(resource->site->log, LEVEL_INFO, "resource %s: continues%s",
	          resource->config->name,
	          is_up ? "" : ", but how far its start or stop came is not known: stopping it");
	if (!is_up)
		return CODE_OK;
	come_here(script);
	/* Its stop may be another now. */
	return script_task_record(resource, true, error);
}

static void script_stop(struct resource *resource)
{
	script_down_begin(resource->kind);
}

static void script_kill(struct resource *resource, struct span limit)
{
	struct script *script = resource->kind;
	bool is_first = !script->is_forced;
	script->is_forced = script->is_forced || limit.ns > 0;
	/* A quarter is kept for killing what does not end at once. */
	if (limit.ns > 0)
		timer_set(script->sweep, span_divided(span_times(limit, 3), 4));
	switch (script->phase) {
	case SCRIPT_AWAY:
	case SCRIPT_STARTING:
	case SCRIPT_HERE:
		script_down_begin(script);
		break;
	case SCRIPT_RESTING:
		if (is_first && script->is_forced)
			script_down_begin(script);
		break;
	case SCRIPT_STOPPING:
		if (limit.ns == 0) /* it has had its time */
			script_down_stop_late(script);
		break;
	case SCRIPT_ENDING:
	case SCRIPT_CLEANING:
	case SCRIPT_ASKING:
		break;
	}
}

static void script_close(struct resource *resource)
{
	struct script *script = resource->kind;
	for (int i = 0; i < COMMANDS; i++)
		script_task_close(&script->commands[i]);
	timer_close(script->next);
	timer_close(script->limit);
	timer_close(script->sweep);
	free(script);
}

static enum code script_open(struct resource *resource, struct error *error)
{
	struct script *script = calloc(1, sizeof *script);
	if (script == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	script->resource = resource;
	resource->kind = script;
	resource->stop_time = stop_time_find(resource->site->run_dir, resource->config);
	script->next = timer_open(resource->site->loop, on_next, script);
	script->limit = timer_open(resource->site->loop, on_limit, script);
	script->sweep = timer_open(resource->site->loop, on_sweep, script);
	script_down_init(script);
	if (script->next == NULL || script->limit == NULL || script->sweep == NULL) {
		script_close(resource);
		return error_set(error, CODE_SYSTEM, "out of memory");
	}
	bool has_user;
	task_user(resource, &script->user, &has_user);
	for (int i = 0; i < COMMANDS; i++)
		script->commands[i] = (struct script_task){.resource = resource,
		                                           .which = (enum which)i,
		                                           .user = has_user ? &script->user : NULL,
		                                           .ended = on_command_ended,
		                                           .gone = on_command_gone,
		                                           .context = script};
	return CODE_OK;
}

const struct resource_ops script_ops = {
    .open = script_open,
    .close = script_close,
    .adopt = script_adopt,
    .start = script_start,
    .stop = script_stop,
    .kill = script_kill,
};
