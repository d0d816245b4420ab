/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command of one resource as a child process.
 */
#include "daemon/resource/task.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/resource/output_lines.h"
#include "daemon/resource/run_tracking.h"
#include "daemon/resource/timers.h"

enum {
	PROBLEM_BYTES = 192,
	/* Of the last line in a problem; the log has all of it. */
	QUOTED_BYTES = 100,
};

/* What is killed dies within a moment, what was asked takes its time; no event tells for what is
 * not our child. Looking costs more the more processes the host has, so it is done less and less
 * often. */
static const struct span LOOK_AGAIN_FIRST = {1000000};
static const struct span LOOK_AGAIN_LAST = {50 * 1000000LL};

static_assert((int)TASK_MARK_BYTES <= (int)CHILD_MARK_BYTES, "a mark fits into a child");

enum ending { ENDING_NOT, ENDING_ASKED, ENDING_KILLED };

struct task {
	const struct resource *resource;
	const char *what;
	struct task_events events;
	struct child *child; /* owned */
	struct timer *alarm; /* owned */
	struct output_lines lines;
	char problem[PROBLEM_BYTES];
	bool never_began;
	struct child_end end;
	bool has_ended;
	bool is_gone;
	enum ending ending;
	struct span look_again;
};

void task_user(struct resource *resource, struct user *user, bool *has_user)
{
	struct error why;
	*has_user = resource->config->user[0] != '\0';
	bool is_known = !*has_user || platform_user(resource->config->user, user, &why) == CODE_OK;
	if (is_known && !platform_child_knows(resource->config->stop_signal))
		is_known = error_set(&why, CODE_UNSUPPORTED, "this host has no signal %s",
		                     resource->config->stop_signal) == CODE_OK;
	resource_set_fit(resource, is_known, is_known ? "" : why.text);
}

static void show_line(void *context, const char *line, uint64_t left_out)
{
	const struct task *task = context;
	const char *name = task->resource->config->name;
	if (task->resource->site->log == NULL)
		return; /* before the daemon has one */
	if (left_out > 0)
		log_write(task->resource->site->log, LEVEL_WARNING,
		          "resource %s: %" PRIu64
		          " lines of output left out here: more than %d a second",
		          name, left_out, LINES_PER_SECOND);
	log_write(task->resource->site->log, LEVEL_INFO, "resource %s: %s", name, line);
}

static void forget(struct task *task)
{
	task->is_gone = true;
	run_tracking_forget(task->resource, task->what);
}

/* Looks whether everything is gone, and tells; else comes again. */
static void look(void *context)
{
	struct task *task = context;
	if (task->ending == ENDING_ASKED && !task->has_ended)
		return; /* on_ended comes back here */
	/* What seems to be gone by itself is killed all the same: looking takes time, in which one
	 * that is left may start another. */
	bool is_gone = task->ending == ENDING_KILLED || platform_child_is_gone(task->child);
	is_gone = is_gone && platform_child_kill(task->child);
	if (!is_gone || !task->has_ended) {
		timer_set(task->alarm, task->look_again);
		if (task->look_again.ns < LOOK_AGAIN_LAST.ns)
			task->look_again = span_times(task->look_again, 2);
		return;
	}
	task->ending = ENDING_NOT;
	forget(task);
	if (task->events.gone != NULL)
		task->events.gone(task->events.context);
}

static void look_soon(struct task *task)
{
	task->look_again = LOOK_AGAIN_FIRST;
	timer_set(task->alarm, (struct span){0});
}

static void on_began(void *context, const char *problem)
{
	struct task *task = context;
	task->never_began = problem != NULL;
	if (problem != NULL)
		snprintf(task->problem, sizeof task->problem, "%s", problem);
	else if (task->events.began != NULL)
		task->events.began(task->events.context);
}

static void on_output(void *context, const char *bytes, size_t length)
{
	struct task *task = context;
	output_lines_feed(&task->lines, bytes, length, platform_now());
}

/* As a rule the last line says why. */
static void quote_last_line(struct task *task)
{
	const char *line = task->lines.last + strspn(task->lines.last, " \t");
	size_t used = strlen(task->problem);
	if (used > 0 && *line != '\0')
		snprintf(task->problem + used, sizeof task->problem - used, ": %.*s", QUOTED_BYTES,
		         line);
}

static void describe_end(struct task *task, struct child_end end)
{
	if (task->problem[0] != '\0')
		return; /* it was never started */
	bool was_killed = !end.known || (end.by_signal && end.number == SIGKILL);
	if (was_killed && run_tracking_was_struck(task->resource))
		snprintf(task->problem, sizeof task->problem,
		         "was killed by the guard at the end of the lease");
	else if (!end.known)
		snprintf(task->problem, sizeof task->problem,
		         "ended; how is not known, as an earlier run of the daemon started it");
	else if (end.by_signal)
		snprintf(task->problem, sizeof task->problem, "was killed by signal %d (%s)",
		         end.number, strsignal(end.number));
	else if (end.number != 0)
		snprintf(task->problem, sizeof task->problem, "exited with status %d", end.number);
	quote_last_line(task);
}

static void on_ended(void *context, struct child_end end)
{
	struct task *task = context;
	task->has_ended = true;
	task->end = end;
	output_lines_end(&task->lines, platform_now());
	describe_end(task, end);
	if (platform_child_is_gone(task->child))
		forget(task);
	if (task->ending != ENDING_NOT)
		look_soon(task);
	/* May close the task: nothing of it is touched afterwards. */
	task->events.ended(task->events.context, task->problem[0] == '\0' ? NULL : task->problem);
}

static struct child_events child_events_of(struct task *task)
{
	return (struct child_events){
	    .context = task, .began = on_began, .output = on_output, .ended = on_ended};
}

static enum code spawn(struct task *task, const struct task_options *options, struct error *error)
{
	const struct resource *resource = task->resource;
	char output[FILE_PATH_BYTES];
	struct task_environment environment;
	task_environment_fill(&environment, resource,
	                      options->user != NULL ? options->user : resource->site->self);
	enum code code = run_tracking_output(resource, task->what, output, error);
	if (code != CODE_OK)
		return code;
	const struct child_options child = {
	    .command = options->command,
	    .environment = environment.words,
	    .directory = resource->config->directory,
	    .user = options->user,
	    .name = resource->config->name,
	    .output_path = output,
	};
	const struct child_events events = child_events_of(task);
	return platform_child_start(&task->child, resource->site->loop, &child, &events, error);
}

/* Recorded while it is held: a daemon that dies between the two leaves either a process that ends
 * by itself or one that is found. What cannot be recorded does not run. */
static void go(struct task *task)
{
	struct leftover leftover;
	struct error error;
	run_tracking_begin(task->resource, LEFTOVER_CHILD, &leftover);
	leftover.child = *platform_child_id(task->child);
	if (run_tracking_leave(task->resource, task->what, &leftover, &error) == CODE_OK) {
		platform_child_go(task->child);
		return;
	}
	snprintf(task->problem, sizeof task->problem, "%.*s", PROBLEM_BYTES - 1, error.text);
	platform_child_kill(task->child); /* its end tells the problem */
}

static struct task *task_new(const struct task_options *options, const struct task_events *events)
{
	struct task *made = calloc(1, sizeof *made);
	if (made == NULL)
		return NULL;
	made->resource = options->resource;
	made->what = options->what;
	made->events = *events;
	output_lines_init(&made->lines, show_line, made);
	made->alarm = timer_open(made->resource->site->loop, look, made);
	if (made->alarm != NULL)
		return made;
	free(made);
	return NULL;
}

enum code task_start(struct task **task, const struct task_options *options,
                     const struct task_events *events, struct error *error)
{
	struct task *made = task_new(options, events);
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	enum code code = spawn(made, options, error);
	if (code != CODE_OK) {
		task_close(made);
		return code;
	}
	go(made);
	*task = made;
	return CODE_OK;
}

static enum code take_over(struct task *task, const struct leftover *record, struct error *error)
{
	const struct resource *resource = task->resource;
	char mark[TASK_MARK_BYTES], output[FILE_PATH_BYTES];
	task_mark(mark, resource->config->name);
	enum code code = run_tracking_output(resource, task->what, output, error);
	if (code != CODE_OK)
		return code;
	const struct child_before before = {
	    .id = &record->child, .mark = mark, .output_path = output};
	const struct child_events events = child_events_of(task);
	return platform_child_adopt(&task->child, resource->site->loop, &before, &events, error);
}

enum code task_adopt(struct task **task, const struct task_options *options,
                     const struct leftover *record, const struct task_events *events,
                     struct error *error)
{
	struct task *made = task_new(options, events);
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	enum code code = take_over(made, record, error);
	if (code == CODE_OK)
		*task = made;
	else
		task_close(made);
	return code;
}

int64_t task_pid(const struct task *task)
{
	return platform_child_id(task->child)->pid;
}

bool task_has_ended(const struct task *task)
{
	return task->has_ended;
}

struct task_end task_end(const struct task *task)
{
	/* A problem before its end is why it was not let run. */
	bool exited = task->has_ended && task->end.known && !task->end.by_signal;
	return (struct task_end){.never_began = task->never_began,
	                         .exited = exited && !task->never_began,
	                         .number = task->end.number,
	                         .last_line = task->lines.last};
}

bool task_is_gone(const struct task *task)
{
	return task->is_gone || platform_child_is_gone(task->child);
}

void task_ask(struct task *task)
{
	if (task->ending != ENDING_NOT)
		return;
	task->ending = ENDING_ASKED;
	platform_child_ask(task->child, task->resource->config->stop_signal);
	look_soon(task);
}

void task_kill(struct task *task)
{
	task->ending = ENDING_KILLED;
	platform_child_kill(task->child);
	look_soon(task);
}

void task_close(struct task *task)
{
	if (task == NULL)
		return;
	if (task->has_ended && !task->is_gone && platform_child_is_gone(task->child))
		forget(task);
	platform_child_close(task->child);
	timer_close(task->alarm);
	free(task);
}
