/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fence agent from reading its secrets to the verdict. Files are read in another thread, because
 * a disk may hang; one time-out covers everything, and when it rings the agent is killed with all
 * it started.
 */
#include "daemon/fence/agent.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/print.h"
#include "daemon/fence/agent_stdin.h"
#include "daemon/platform/child.h"
#include "daemon/resource/output_lines.h"
#include "daemon/resource/timers.h"

enum {
	/* What an agent prints beyond this is not even looked at. */
	OUTPUT_BYTES = 64 * 1024,
	LAST_LINE_BYTES = 120,
	/* Of killing until nothing is left: then it hangs in the kernel, and waiting is vain. */
	LOOKS_MAX = 500,
	EXIT_IS_OFF = 2,
};

static const struct span LOOK_AGAIN = {2 * 1000000};

enum stage { STAGE_PREPARING, STAGE_OFF, STAGE_STATUS };

static const char *const stage_words[] = {
    [STAGE_PREPARING] = "reading its secrets",
    [STAGE_OFF] = "off",
    [STAGE_STATUS] = "status",
};

struct agent {
	uv_loop_t *loop;
	struct config_fence fence;
	struct agent_events events;
	enum stage stage;
	struct timer *timeout; /* owned, like those below */
	struct timer *look;
	struct child *child; /* NULL: none runs */
	bool has_ended;      /* the child, as it says in `end` */
	bool is_late;        /* the time-out rang while it ran */
	bool is_over;        /* the result was told */
	struct child_end end;
	char problem[AGENT_TEXT_BYTES]; /* why the child could not begin */
	unsigned looks;
	/* Of one child's output. */
	struct redact mask;
	struct output_lines lines;
	size_t output_bytes;
	char last_line[LAST_LINE_BYTES];

	/* The thread's while it prepares. */
	uv_work_t work;
	bool is_preparing;
	bool is_closed; /* freed when the thread is done */
	enum code prepared;
	struct error why;
	struct agent_stdin *input;
	char program[CONFIG_PATH_BYTES];
};

enum code agent_find(const char *name, char path[CONFIG_PATH_BYTES], struct error *error)
{
	/* Where distributions put them; PATH of a daemon is whatever started it. */
	static const char *const directories[] = {"/usr/sbin/", "/usr/local/sbin/", "/sbin/",
	                                          "/usr/bin/", ""};
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
		bool is_path = name[0] == '/', has_directory = directories[i][0] != '\0';
		if (is_path == has_directory)
			continue;
		char found[CONFIG_PATH_BYTES + 24];
		int length = snprintf(found, sizeof found, "%s%s", directories[i], name);
		if (length >= CONFIG_PATH_BYTES || access(found, X_OK) != 0)
			continue;
		snprintf(path, CONFIG_PATH_BYTES, "%.*s", length, found);
		return CODE_OK;
	}
	return error_set(error, CODE_NOT_FOUND,
	                 "there is no program %s on this host; install it (fence-agents)", name);
}

static void prepare(uv_work_t *work)
{
	struct agent *agent = work->data;
	agent->prepared = agent_find(agent->fence.agent, agent->program, &agent->why);
	if (agent->prepared == CODE_OK)
		agent->prepared = agent_stdin_open(&agent->input, &agent->fence, &agent->why);
}

static void let_go(struct agent *agent)
{
	if (agent->is_preparing || !agent->is_closed)
		return;
	agent_stdin_close(agent->input);
	free(agent);
}

/* Says so, from a callback of the loop. The owner may close the agent: nothing of it is touched
 * afterwards. */
static void finish(struct agent *agent, bool is_off, const char *text)
{
	struct agent_result result = {.is_off = is_off};
	agent->is_over = true;
	timer_stop(agent->timeout);
	timer_stop(agent->look);
	snprintf(result.text, sizeof result.text, "%s", text);
	agent->events.ended(agent->events.context, &result);
}

static void show_line(void *context, const char *line, uint64_t left_out)
{
	struct agent *agent = context;
	if (line[strspn(line, " \t")] != '\0')
		snprintf(agent->last_line, sizeof agent->last_line, "%s", line);
	agent->events.said(agent->events.context, line, left_out);
}

static void take_masked(void *context, const char *bytes, size_t length)
{
	struct agent *agent = context;
	output_lines_feed(&agent->lines, bytes, length, platform_now());
}

static void end_output(struct agent *agent)
{
	redact_end(&agent->mask);
	output_lines_end(&agent->lines, platform_now());
}

static void on_output(void *context, const char *bytes, size_t length)
{
	struct agent *agent = context;
	size_t room = OUTPUT_BYTES - agent->output_bytes;
	if (room == 0)
		return;
	redact_feed(&agent->mask, bytes, length < room ? length : room);
	agent->output_bytes += length < room ? length : room;
	if (length < room)
		return;
	end_output(agent);
	agent->events.said(agent->events.context, "whatever else it says is left out", 0);
}

static void on_began(void *context, const char *problem)
{
	struct agent *agent = context;
	if (problem != NULL)
		snprintf(agent->problem, sizeof agent->problem, "%s", problem);
}

static void on_ended(void *context, struct child_end end)
{
	struct agent *agent = context;
	agent->has_ended = true;
	agent->end = end;
	agent->looks = 0;
	end_output(agent);
	/* What it left behind goes with it. */
	timer_set(agent->look, (struct span){0});
}

static enum code run(struct agent *agent, enum stage stage, struct error *error)
{
	static const char *const environment[] = {
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
	struct command command = {.word_count = 1};
	const struct child_events events = {
	    .context = agent, .began = on_began, .output = on_output, .ended = on_ended};
	int length = snprintf(command.words, sizeof command.words, "%s", agent->program);
	command.length = (uint16_t)(length + 1);
	agent->stage = stage;
	agent->has_ended = false;
	agent->output_bytes = 0;
	agent->last_line[0] = agent->problem[0] = '\0';
	redact_init(&agent->mask, take_masked, agent);
	agent_stdin_hide_secrets(agent->input, &agent->mask);
	output_lines_init(&agent->lines, show_line, agent);
	struct child_options options = {
	    .command = &command,
	    .environment = environment,
	    .directory = "",
	    .name = "fence",
	};
	options.input = agent_stdin_text(agent->input, stage_words[stage], &options.input_length);
	enum code code = platform_child_start(&agent->child, agent->loop, &options, &events, error);
	if (code == CODE_OK)
		platform_child_go(agent->child);
	return code;
}

/* What the child's end says of what it did; NULL: it exited with `status` in *status. */
static const char *describe_end(const struct agent *agent, char text[AGENT_TEXT_BYTES], int *status)
{
	char limit[SPAN_TEXT_BYTES];
	span_text(agent->fence.timeout, limit);
	if (agent->is_late)
		snprintf(text, AGENT_TEXT_BYTES, "%s: not done after %s, %s",
		         stage_words[agent->stage], limit,
		         agent->has_ended ? "killed" : "and cannot be killed");
	else if (agent->problem[0] != '\0')
		snprintf(text, AGENT_TEXT_BYTES, "%s", agent->problem);
	else if (!agent->end.known)
		snprintf(text, AGENT_TEXT_BYTES, "%s: ended, nobody knows how",
		         stage_words[agent->stage]);
	else if (agent->end.by_signal)
		snprintf(text, AGENT_TEXT_BYTES, "%s: killed by signal %d",
		         stage_words[agent->stage], agent->end.number);
	else {
		*status = agent->end.number;
		return NULL;
	}
	return text;
}

static void add_last_line(const struct agent *agent, char text[AGENT_TEXT_BYTES])
{
	size_t used = strlen(text);
	if (agent->last_line[0] != '\0')
		snprintf(text + used, AGENT_TEXT_BYTES - used, ": %s", agent->last_line);
}

/* A failure of `off` is not followed by `status`: agents also exit with 2 when they do not
 * understand what they are told, and then they would not understand that question either. */
static void judge_off(struct agent *agent, int status)
{
	char text[AGENT_TEXT_BYTES];
	struct error error;
	if (status != 0) {
		snprintf(text, sizeof text, "off: exited with status %d", status);
		add_last_line(agent, text);
		finish(agent, false, text);
	} else if (!agent->fence.verify)
		finish(agent, true, "switched it off, which is not verified");
	else if (run(agent, STAGE_STATUS, &error) != CODE_OK)
		finish(agent, false, error.text);
}

static void judge_status(struct agent *agent, int status)
{
	char text[AGENT_TEXT_BYTES];
	if (status == EXIT_IS_OFF) {
		finish(agent, true, "switched it off, and says that it is off");
		return;
	}
	if (status == 0)
		snprintf(text, sizeof text, "off: says that it did, but status says on");
	else
		snprintf(text, sizeof text, "status: exited with status %d", status);
	add_last_line(agent, text);
	finish(agent, false, text);
}

/* The child ended, or has to: nothing of it may be left when the next one is started. */
static void on_look(void *context)
{
	struct agent *agent = context;
	char text[AGENT_TEXT_BYTES];
	int status = 0;
	bool is_gone = platform_child_kill(agent->child);
	if ((!is_gone || !agent->has_ended) && ++agent->looks < LOOKS_MAX) {
		timer_set(agent->look, LOOK_AGAIN);
		return;
	}
	const char *problem = describe_end(agent, text, &status);
	platform_child_close(agent->child);
	agent->child = NULL;
	if (problem != NULL)
		finish(agent, false, problem);
	else if (agent->stage == STAGE_OFF)
		judge_off(agent, status);
	else
		judge_status(agent, status);
}

static void on_timeout(void *context)
{
	struct agent *agent = context;
	if (agent->child == NULL) {
		char text[AGENT_TEXT_BYTES], limit[SPAN_TEXT_BYTES];
		span_text(agent->fence.timeout, limit);
		snprintf(text, sizeof text, "%s: not done after %s", stage_words[agent->stage],
		         limit);
		finish(agent, false, text);
		return;
	}
	if (agent->has_ended)
		return; /* its verdict is under way */
	agent->is_late = true;
	agent->looks = 0;
	on_look(agent);
}

static void prepare_done(uv_work_t *work, int status)
{
	struct agent *agent = work->data;
	(void)status; /* it is never cancelled */
	agent->is_preparing = false;
	if (agent->is_closed) {
		let_go(agent);
		return;
	}
	if (agent->is_over)
		return;
	if (agent->prepared == CODE_OK)
		agent->prepared = run(agent, STAGE_OFF, &agent->why);
	if (agent->prepared != CODE_OK)
		finish(agent, false, agent->why.text);
}

struct agent *agent_start(uv_loop_t *loop, const struct config_fence *fence,
                          const struct agent_events *events)
{
	struct agent *agent = calloc(1, sizeof *agent);
	if (agent == NULL)
		return NULL;
	agent->loop = loop;
	agent->fence = *fence;
	agent->events = *events;
	agent->work.data = agent;
	agent->timeout = timer_open(loop, on_timeout, agent);
	agent->look = timer_open(loop, on_look, agent);
	if (agent->timeout == NULL || agent->look == NULL) {
		agent_close(agent);
		return NULL;
	}
	timer_set(agent->timeout, fence->timeout);
	agent->is_preparing = true;
	int failed = uv_queue_work(loop, &agent->work, prepare, prepare_done);
	assert(failed == 0);
	return agent;
}

void agent_close(struct agent *agent)
{
	if (agent == NULL)
		return;
	timer_close(agent->timeout);
	timer_close(agent->look);
	if (agent->child != NULL) {
		platform_child_kill(agent->child);
		platform_child_close(agent->child);
		redact_end(&agent->mask);
	}
	agent->is_closed = true;
	let_go(agent);
}
