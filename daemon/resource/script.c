/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kind `script`: three commands of the operator's. `start` must have ended with 0 before the
 * resource is up; `status`, if there is one, is asked while it is up; `stop` must end with 0.
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
#include "daemon/resource/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/digest.h"
#include "config/print.h"
#include "daemon/resource/alarm.h"
#include "daemon/resource/script_task.h"
#include "daemon/resource/trail.h"
#include "daemon/resource/verdict.h"

/* Before `stop` is tried again; the pause doubles, so that a stop that fails does not eat the host,
 * and stays short enough for whoever mends the cause and waits. */
static const struct span REST_FIRST = {1000000000LL};
static const struct span REST_LIMIT = {30 * 1000000000LL};
/* After a stop that was killed, what it had begun may go on behind it, and a `status` that looks in
 * between may miss it: only when it says so after this many attempts it is believed. */
enum { NOT_UP_NEEDED_AFTER_KILL = 2 };

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
	struct span rest;               /* before the next one */
	struct alarm *next;             /* owned: the next status, or the next stop */
	struct alarm *limit;            /* owned: for the status or the stop under way */
	struct alarm *sweep; /* owned: when a forced release kills the processes of `start` */
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
	const struct config_resource *config = script->resource->config;
	struct error error;
	/* Half stopped it is not up for anybody. If that cannot be written, it stands there that it
	 * is; then the next to look is `status`. */
	(void)script_task_record(script->resource, false, NULL);
	script->phase = SCRIPT_STOPPING;
	script->stop_failed = script->stop_was_killed = false;
	script->attempts++;
	if (config->stop_timeout.ns > 0)
		alarm_set(script->limit, config->stop_timeout);
	if (run(script, COMMAND_STOP, &error) != CODE_OK)
		on_command_ended(script, COMMAND_STOP, error.text);
}

static void enter_asking(struct script *script)
{
	struct error error;
	script->phase = SCRIPT_ASKING;
	script->verdict = STATUS_PROVES_NOTHING;
	if (run(script, COMMAND_STATUS, &error) == CODE_OK)
		alarm_set(script->limit, script->resource->config->status_timeout);
	else
		proceed(script);
}

static void finish(struct script *script)
{
	struct resource *resource = script->resource;
	if (script->attempts > 1)
		log_write(resource->site->log, LEVEL_WARNING, "resource %s: down after %u attempts",
		          resource->config->name, script->attempts);
	script->phase = SCRIPT_AWAY;
	script->attempts = script->not_up = 0;
	script->rest = REST_FIRST;
	alarm_stop(script->next);
	alarm_stop(script->limit);
	alarm_stop(script->sweep);
	trail_forget(resource, "script");
	resource_report(resource, REPORT_DOWN);
}

static void enter_resting(struct script *script, const char *why)
{
	struct resource *resource = script->resource;
	char pause[SPAN_TEXT_BYTES];
	span_text(script->rest, pause);
	script->phase = SCRIPT_RESTING;
	log_write(resource->site->log, LEVEL_ERROR,
	          "resource %s: may still run here: %s%s%s; stopping it again in %s",
	          resource->config->name, resource->detail, resource->detail[0] == '\0' ? "" : "; ",
	          why, pause);
	alarm_set(script->next, script->rest);
	script->rest = span_times(script->rest, 2);
	if (script->rest.ns > REST_LIMIT.ns)
		script->rest = REST_LIMIT;
}

static void leave_cleaning(struct script *script)
{
	if (!script->stop_failed || script->never_started)
		finish(script);
	else if (script->resource->config->status.word_count > 0)
		enter_asking(script);
	else if (script->left_processes)
		finish(script);
	else
		enter_resting(script, "without a status command only a stop that ends with 0 tells "
		                      "that it is down");
}

static void leave_asking(struct script *script)
{
	bool is_not_up = script->verdict == STATUS_SAYS_NOT_UP;
	script->not_up = is_not_up ? script->not_up + 1 : 0;
	if (is_not_up && (!script->stop_was_killed || script->not_up >= NOT_UP_NEEDED_AFTER_KILL))
		finish(script);
	else if (is_not_up)
		enter_resting(script, "status says that it is not up, but what a killed stop began "
		                      "may go on");
	else
		enter_resting(script, script->verdict == STATUS_SAYS_UP
		                          ? "status says that it still runs"
		                          : "status gave no answer");
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
		if (start_gone && status_gone && script->never_started)
			finish(script);
		else if (start_gone && status_gone)
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
		alarm_stop(script->limit);
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

static void stop_ended(struct script *script, const char *problem)
{
	if (script->phase != SCRIPT_STOPPING)
		return;
	script->stop_failed = problem != NULL;
	if (problem != NULL) {
		struct resource *resource = script->resource;
		snprintf(resource->detail, sizeof resource->detail, "stop %s", problem);
		log_write(resource->site->log, LEVEL_ERROR, "resource %s: stop %s",
		          resource->config->name, problem);
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

static void stop_is_late(struct script *script)
{
	struct resource *resource = script->resource;
	char limit[SPAN_TEXT_BYTES];
	span_text(resource->config->stop_timeout, limit);
	snprintf(resource->detail, sizeof resource->detail, "stop took longer than %s", limit);
	script->stop_failed = script->stop_was_killed = true;
	enter_cleaning(script);
}

static void on_limit(void *context)
{
	struct script *script = context;
	char limit[SPAN_TEXT_BYTES];
	if (script->phase == SCRIPT_STOPPING) {
		stop_is_late(script);
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
	const struct task *start = script->commands[COMMAND_START].task;
	/* A start that is cut short may go on elsewhere, as a job of systemd does; and what ended
	 * by now was not what the script is for. */
	if (script->start_ended && start != NULL && !task_is_gone(start))
		script->left_processes = true;
	script->phase = SCRIPT_ENDING;
	alarm_stop(script->next);
	alarm_stop(script->limit);
	proceed(script);
}

static void script_kill(struct resource *resource, struct span limit)
{
	struct script *script = resource->kind;
	bool is_first = !script->is_forced;
	script->is_forced = script->is_forced || limit.ns > 0;
	/* A quarter is kept for killing what does not end at once. */
	if (limit.ns > 0)
		alarm_set(script->sweep, span_divided(span_times(limit, 3), 4));
	switch (script->phase) {
	case SCRIPT_AWAY:
	case SCRIPT_STARTING:
	case SCRIPT_HERE:
		script_stop(resource);
		break;
	case SCRIPT_RESTING:
		if (is_first && script->is_forced)
			script_stop(resource);
		break;
	case SCRIPT_STOPPING:
		if (limit.ns == 0) /* it has had its time */
			stop_is_late(script);
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
	alarm_close(script->next);
	alarm_close(script->limit);
	alarm_close(script->sweep);
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
	script->sweep = alarm_open(resource->site->loop, on_sweep, script);
	script->rest = REST_FIRST;
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
