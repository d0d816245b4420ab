/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way down, one phase after the other.
 */
#include "daemon/resource/script_down.h"

#include <stdio.h>

#include "config/print.h"
#include "daemon/resource/run_tracking.h"

/* Before `stop` is tried again; the pause doubles, so that a stop that fails does not eat the host,
 * and stays short enough for whoever mends the cause and waits. */
static const struct span REST_FIRST = {1000000000LL};
static const struct span REST_LIMIT = {30 * 1000000000LL};
/* After a stop that was killed, what it had begun may go on behind it, and a `status` that looks in
 * between may miss it: only when it says so after this many attempts it is believed. */
enum { NOT_UP_NEEDED_AFTER_KILL = 2 };

/* True when nothing of it is left; otherwise comes back through script_down_proceed. */
static bool kill_command(struct script *script, enum which which)
{
	return script_task_kill(&script->commands[which]);
}

void script_down_init(struct script *script)
{
	script->rest = REST_FIRST;
}

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
	script->stop_began = platform_now();
	if (config->stop_timeout.ns > 0)
		timer_set(script->limit, config->stop_timeout);
	if (script_task_run(&script->commands[COMMAND_STOP], &error) != CODE_OK)
		script_down_stop_ended(script, error.text);
}

/* Even when it was killed: it would have taken longer still. */
static void measure(struct script *script)
{
	struct resource *resource = script->resource;
	stop_time_add(&resource->stop_time, resource->site->run_dir, resource->config,
	              instant_since(platform_now(), script->stop_began));
}

static void enter_asking(struct script *script)
{
	struct error error;
	script->phase = SCRIPT_ASKING;
	script->verdict = STATUS_PROVES_NOTHING;
	if (script_task_run(&script->commands[COMMAND_STATUS], &error) == CODE_OK)
		timer_set(script->limit, script->resource->config->status_timeout);
	else
		script_down_proceed(script);
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
	timer_stop(script->next);
	timer_stop(script->limit);
	timer_stop(script->sweep);
	run_tracking_forget(resource, "script");
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
	timer_set(script->next, script->rest);
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

void script_down_proceed(struct script *script)
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
	timer_stop(script->limit);
	script_down_proceed(script);
}

void script_down_stop_ended(struct script *script, const char *problem)
{
	if (script->phase != SCRIPT_STOPPING)
		return;
	script->stop_failed = problem != NULL;
	if (problem == NULL)
		measure(script);
	if (problem != NULL) {
		struct resource *resource = script->resource;
		snprintf(resource->detail, sizeof resource->detail, "stop %s", problem);
		log_write(resource->site->log, LEVEL_ERROR, "resource %s: stop %s",
		          resource->config->name, problem);
	}
	enter_cleaning(script);
}

void script_down_stop_late(struct script *script)
{
	struct resource *resource = script->resource;
	char limit[SPAN_TEXT_BYTES];
	span_text(resource->config->stop_timeout, limit);
	snprintf(resource->detail, sizeof resource->detail, "stop took longer than %s", limit);
	script->stop_failed = script->stop_was_killed = true;
	measure(script);
	enter_cleaning(script);
}

void script_down_begin(struct script *script)
{
	const struct task *start = script->commands[COMMAND_START].task;
	/* A start that is cut short may go on elsewhere, as a job of systemd does; and what ended
	 * by now was not what the script is for. */
	if (script->start_ended && start != NULL && !task_is_gone(start))
		script->left_processes = true;
	script->phase = SCRIPT_ENDING;
	timer_stop(script->next);
	timer_stop(script->limit);
	script_down_proceed(script);
}

void script_down_again(struct script *script)
{
	enter_stop(script);
}
