/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kind `script`: three commands of the operator's. `start` must have ended with 0 before the
 * resource is up; `status`, if there is one, is asked while it is up; `stop` must end with 0.
 *
 * `stop` is run also when the role is released by force, for as long as the limit allows: what a
 * script sets up is seldom only a process (a mounted file system, an activated volume), and killing
 * processes would leave exactly what two nodes must not have at once. Whatever processes the
 * commands left behind are killed after it. When `stop` failed and time is not short, `status`
 * decides: if it says that the resource still runs, the role is not released and `stop` is tried
 * again.
 */
#include "daemon/resource/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/digest.h"
#include "config/print.h"
#include "daemon/resource/alarm.h"
#include "daemon/resource/script_task.h"
#include "daemon/resource/trail.h"

/* Before `stop` is tried again. */
static const struct span REST = {1000000000LL};

enum script_phase {
	SCRIPT_AWAY,
	SCRIPT_STARTING,
	SCRIPT_HERE,
	SCRIPT_ENDING, /* commands that were under way are being killed, for `stop` to run alone */
	SCRIPT_STOPPING, /* `stop` runs */
	SCRIPT_CLEANING, /* what the commands left is being killed */
	SCRIPT_ASKING,   /* `stop` failed; `status` runs */
	SCRIPT_RESTING,  /* it is still here; `stop` comes again */
};

struct script {
	struct resource *resource;
	struct script_task commands[COMMANDS];
	enum script_phase phase;
	bool start_ended; /* by itself, with 0 */
	bool is_forced;
	bool stop_failed;
	bool is_still_here;  /* as `status` says after a failed stop */
	struct alarm *next;  /* owned: the next status, or the next stop */
	struct alarm *limit; /* owned: for the status under way, or the stop of a forced release */
	struct user user;
};

static void proceed(struct script *script);
static void on_command_ended(void *context, enum which which, const char *problem);

static enum code run(struct script *script, enum which which, struct error *error)
{
	return script_task_run(&script->commands[which], error);
}

/* True when nothing of any of them is left; otherwise comes back through proceed. */
static bool kill_command(struct script *script, enum which which)
{
	return script_task_kill(&script->commands[which]);
}

static void watch_on(struct script *script)
{
	if (script->resource->config->status.word_count > 0)
		alarm_set(script->next, script->resource->config->status_interval);
}

/* The way down, one phase after the other. */

static void enter_stop(struct script *script)
{
	struct error error;
	/* Half stopped it is not up for anybody. If that cannot be written, it stands there that it
	 * is; then the next to look is `status`. */
	(void)script_task_record(script->resource, false, NULL);
	script->phase = SCRIPT_STOPPING;
	script->stop_failed = false;
	if (run(script, COMMAND_STOP, &error) != CODE_OK)
		on_command_ended(script, COMMAND_STOP, error.text);
}

static void enter_asking(struct script *script)
{
	struct error error;
	script->phase = SCRIPT_ASKING;
	script->is_still_here = true;
	if (run(script, COMMAND_STATUS, &error) == CODE_OK)
		alarm_set(script->limit, script->resource->config->status_timeout);
	else
		proceed(script);
}

static void finish(struct script *script)
{
	struct resource *resource = script->resource;
	script->phase = SCRIPT_AWAY;
	alarm_stop(script->next);
	alarm_stop(script->limit);
	trail_forget(resource, "script");
	resource_report(resource, REPORT_DOWN);
}

static void leave_cleaning(struct script *script)
{
	bool has_status = script->resource->config->status.word_count > 0;
	if (script->stop_failed && has_status && !script->is_forced)
		enter_asking(script);
	else
		finish(script);
}

static void leave_asking(struct script *script)
{
	if (!script->is_still_here || script->is_forced) {
		finish(script);
		return;
	}
	script->phase = SCRIPT_RESTING;
	log_write(script->resource->site->log, LEVEL_ERROR,
	          "resource %s: stop failed and status says that it still runs: stopping again",
	          script->resource->config->name);
	alarm_set(script->next, REST);
}

static void proceed(struct script *script)
{
	bool start_gone, status_gone, stop_gone;
	switch (script->phase) {
	case SCRIPT_AWAY:
	case SCRIPT_STARTING:
	case SCRIPT_HERE:
	case SCRIPT_STOPPING:
	case SCRIPT_RESTING:
		break;
	case SCRIPT_ENDING:
		/* A start that ended well may have left the very thing `stop` is there for. */
		start_gone = script->start_ended || kill_command(script, COMMAND_START);
		status_gone = kill_command(script, COMMAND_STATUS);
		if (start_gone && status_gone)
			enter_stop(script);
		break;
	case SCRIPT_CLEANING:
		start_gone = kill_command(script, COMMAND_START);
		status_gone = kill_command(script, COMMAND_STATUS);
		stop_gone = kill_command(script, COMMAND_STOP);
		if (start_gone && status_gone && stop_gone)
			leave_cleaning(script);
		break;
	case SCRIPT_ASKING:
		if (script->commands[COMMAND_STATUS].task == NULL)
			leave_asking(script);
		break;
	}
}

static void enter_cleaning(struct script *script)
{
	script->phase = SCRIPT_CLEANING;
	alarm_stop(script->limit);
	proceed(script);
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
	if (problem != NULL) {
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
	alarm_stop(script->limit);
	kill_command(script, COMMAND_STATUS); /* and what it left */
	if (script->phase == SCRIPT_ASKING)
		script->is_still_here = problem == NULL;
	else if (script->phase == SCRIPT_HERE && problem != NULL)
		resource_report_problem(script->resource, REPORT_FAILED, "status %s", problem);
	else if (script->phase == SCRIPT_HERE)
		watch_on(script);
}

static void stop_ended(struct script *script, const char *problem)
{
	if (script->phase != SCRIPT_STOPPING)
		return;
	script->stop_failed = problem != NULL;
	if (problem != NULL) {
		struct resource *resource = script->resource;
		snprintf(resource->detail, sizeof resource->detail, "stop %s", problem);
		log_write(resource->site->log, LEVEL_ERROR,
		          "resource %s: stop %s; killing what is left", resource->config->name,
		          problem);
	}
	enter_cleaning(script);
}

static void on_command_ended(void *context, enum which which, const char *problem)
{
	static void (*const ended[COMMANDS])(struct script *, const char *) = {
	    [COMMAND_START] = start_ended,
	    [COMMAND_STATUS] = status_ended,
	    [COMMAND_STOP] = stop_ended,
	};
	ended[which](context, problem);
}

static void on_command_gone(void *context)
{
	proceed(context);
}

static void on_next(void *context)
{
	struct script *script = context;
	struct error error;
	if (script->phase == SCRIPT_RESTING) {
		enter_stop(script);
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
		alarm_set(script->limit, script->resource->config->status_timeout);
}

static void on_limit(void *context)
{
	struct script *script = context;
	char limit[SPAN_TEXT_BYTES];
	if (script->phase == SCRIPT_STOPPING || script->phase == SCRIPT_ENDING) {
		script->stop_failed = true;
		enter_cleaning(script);
		return;
	}
	kill_command(script, COMMAND_STATUS);
	if (script->phase != SCRIPT_HERE)
		return;
	span_text(script->resource->config->status_timeout, limit);
	resource_report_problem(script->resource, REPORT_FAILED, "status took longer than %s",
	                        limit);
}

/* What is asked of the kind. */

static void script_start(struct resource *resource)
{
	struct script *script = resource->kind;
	struct error error;
	script->is_forced = script->start_ended = false;
	enum code code = script_task_record(resource, false, &error);
	if (code == CODE_OK && !resource_may_act(resource)) {
		trail_forget(resource, "script");
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
	enum code code = trail_find(resource, "script", &record, error);
	if (code == CODE_NOT_FOUND)
		return CODE_OK;
	if (code == CODE_OK)
		code = script_task_adopt(&script->commands[COMMAND_START], error);
	if (code != CODE_OK)
		return code;
	bool is_up = record.is_up && record.digest == digest_program(resource->config);
	*found = is_up ? FOUND_UP : FOUND_REMAINS;
	log_write(resource->site->log, LEVEL_INFO, "resource %s: goes on%s", resource->config->name,
	          is_up ? "" : ", but how far its start or stop came is not known: stopping it");
	if (!is_up)
		return CODE_OK;
	come_here(script);
	/* Its stop may be another now. */
	return script_task_record(resource, true, error);
}

static void script_stop(struct resource *resource)
{
	struct script *script = resource->kind;
	script->phase = SCRIPT_ENDING;
	alarm_stop(script->next);
	alarm_stop(script->limit);
	proceed(script);
}

static void script_kill(struct resource *resource, struct span limit)
{
	struct script *script = resource->kind;
	alarm_stop(script->next);
	script->is_forced = script->is_forced || limit.ns > 0;
	if (limit.ns == 0) { /* `stop` has had its time */
		script->stop_failed = true;
		enter_cleaning(script);
		return;
	}
	/* A quarter is kept for killing what `stop` leaves. */
	alarm_set(script->limit, span_divided(span_times(limit, 3), 4));
	if (script->phase == SCRIPT_STARTING || script->phase == SCRIPT_HERE ||
	    script->phase == SCRIPT_RESTING)
		script->phase = SCRIPT_ENDING;
	else if (script->phase == SCRIPT_ASKING)
		script->phase = SCRIPT_CLEANING;
	proceed(script);
}

static void script_close(struct resource *resource)
{
	struct script *script = resource->kind;
	for (int i = 0; i < COMMANDS; i++)
		script_task_close(&script->commands[i]);
	alarm_close(script->next);
	alarm_close(script->limit);
	free(script);
}

static enum code script_open(struct resource *resource, struct error *error)
{
	struct script *script = calloc(1, sizeof *script);
	if (script == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	script->resource = resource;
	resource->kind = script;
	script->next = alarm_open(resource->site->loop, on_next, script);
	script->limit = alarm_open(resource->site->loop, on_limit, script);
	if (script->next == NULL || script->limit == NULL) {
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
