/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of fence agents, one for each node at a time. A run keeps a copy of what it needs of the
 * configuration, so that a reload in its middle changes nothing.
 */
#include "daemon/fence/levels.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/platform/platform.h"

struct run {
	struct fence *fence;
	uint64_t member; /* 0: nothing runs here */
	char node[NAME_BYTES];
	struct instant began;
	unsigned count, turn; /* of the agents; `turn` is the one that runs */
	struct config_fence agents[CONFIG_NODE_FENCES_MAX];
	struct agent *agent; /* owned */
	char text[FENCE_TEXT_BYTES];
};

struct fence {
	uv_loop_t *loop;
	struct fence_events events;
	struct run runs[MEMBERS_MAX];
};

struct fence *fence_open(uv_loop_t *loop, const struct fence_events *events)
{
	/* Guarded memory for secrets rests on it; once more does no harm. */
	if (sodium_init() < 0)
		return NULL;
	struct fence *fence = calloc(1, sizeof *fence);
	if (fence == NULL)
		return NULL;
	fence->loop = loop;
	fence->events = *events;
	for (size_t i = 0; i < MEMBERS_MAX; i++)
		fence->runs[i].fence = fence;
	return fence;
}

static void end_run(struct run *run)
{
	agent_close(run->agent);
	run->agent = NULL;
	run->member = 0;
}

void fence_close(struct fence *fence)
{
	if (fence == NULL)
		return;
	for (size_t i = 0; i < MEMBERS_MAX; i++)
		end_run(&fence->runs[i]);
	free(fence);
}

/* The place of the run against the member, or of a free one for 0; MEMBERS_MAX: there is none. */
static size_t find_run(const struct fence *fence, uint64_t member)
{
	size_t place = 0;
	while (place < MEMBERS_MAX && fence->runs[place].member != member)
		place++;
	return place;
}

bool fence_is_running(const struct fence *fence, uint64_t member)
{
	return find_run(fence, member) < MEMBERS_MAX;
}

void fence_cancel(struct fence *fence, uint64_t member)
{
	size_t place = find_run(fence, member);
	if (place < MEMBERS_MAX)
		end_run(&fence->runs[place]);
}

static void on_said(void *context, const char *line, uint64_t left_out)
{
	const struct run *run = context;
	const struct fence_events *events = &run->fence->events;
	events->said(events->context, run->node, run->agents[run->turn].agent, line, left_out);
}

static void add_text(struct run *run, const char *text)
{
	size_t used = strlen(run->text);
	snprintf(run->text + used, sizeof run->text - used, "%s%s %s", used == 0 ? "" : "; ",
	         run->agents[run->turn].agent, text);
}

static void on_ended(void *context, const struct agent_result *result);

static bool start_agent(struct run *run)
{
	const struct agent_events events = {.context = run, .said = on_said, .ended = on_ended};
	run->agent = agent_start(run->fence->loop, &run->agents[run->turn], &events);
	return run->agent != NULL;
}

static void on_ended(void *context, const struct agent_result *result)
{
	struct run *run = context;
	struct fence *fence = run->fence;
	char node[NAME_BYTES], text[FENCE_TEXT_BYTES];
	add_text(run, result->text);
	bool is_off = result->is_off;
	agent_close(run->agent);
	run->agent = NULL;
	if (!is_off && ++run->turn < run->count && start_agent(run))
		return;
	struct fence_result outcome = {
	    .node = node,
	    .member = run->member,
	    .is_off = is_off,
	    .took = instant_since(platform_now(), run->began),
	    .text = text,
	};
	/* Copied, because the run is free for another from here on. */
	memcpy(node, run->node, sizeof node);
	memcpy(text, run->text, sizeof text);
	end_run(run);
	fence->events.ended(fence->events.context, &outcome);
}

/* The agents of the member in the order of their turns. */
static unsigned collect(const struct config *config, uint8_t index,
                        struct config_fence agents[CONFIG_NODE_FENCES_MAX])
{
	unsigned count = 0;
	for (uint8_t turn = 1; turn <= CONFIG_NODE_FENCES_MAX; turn++)
		for (uint8_t i = 0; i < config->fence_count; i++)
			if (config->fences[i].member == index && config->fences[i].turn == turn)
				agents[count++] = config->fences[i];
	return count;
}

enum code fence_start(struct fence *fence, const struct config *config, uint8_t index,
                      struct error *error)
{
	assert(index < config->setup.member_count);
	const struct setup_member *member = &config->setup.members[index];
	if (fence_is_running(fence, member->id))
		return error_set(error, CODE_EXISTS, "%s is being switched off already",
		                 member->name);
	size_t place = find_run(fence, 0);
	if (place == MEMBERS_MAX)
		return error_set(error, CODE_TOO_LARGE,
		                 "%u nodes are being switched off already, some of them no longer "
		                 "in the configuration",
		                 MEMBERS_MAX);
	struct run *run = &fence->runs[place];
	run->count = collect(config, index, run->agents);
	if (run->count == 0)
		return error_set(error, CODE_NOT_FOUND, "there is no section [fence %s]",
		                 member->name);
	run->turn = 0;
	run->text[0] = '\0';
	run->began = platform_now();
	snprintf(run->node, sizeof run->node, "%s", member->name);
	if (!start_agent(run))
		return error_set(error, CODE_SYSTEM, "out of memory");
	run->member = member->id;
	return CODE_OK;
}

struct span fence_limit(const struct config *config, uint8_t index)
{
	struct span limit = {0};
	for (uint8_t i = 0; i < config->fence_count; i++)
		if (config->fences[i].member == index)
			limit = span_plus(limit, config->fences[i].timeout);
	return limit;
}
