/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between effects and events on one side and fence.h on the other.
 */
#include "daemon/fence/fencer.h"

#include <inttypes.h>
#include <stdio.h>

#include "daemon/log.h"
#include "daemon/platform/platform.h"

static void tell_member(struct fencer *fencer, uint8_t member, bool is_off)
{
	fencer->settings.ended(fencer->settings.context, member, fencer->runs[member].incarnation,
	                       is_off);
}

static void said(void *context, const char *node, const char *agent, const char *line,
                 uint64_t left_out)
{
	struct fencer *fencer = context;

	if (left_out > 0)
		log_write(fencer->settings.log, LEVEL_WARNING,
		          "fence %s: %s: %" PRIu64 " lines left out", node, agent, left_out);
	log_write(fencer->settings.log, LEVEL_INFO, "fence %s: %s: %s", node, agent, line);
}

static void remember(struct fencer_run *run, bool is_off, struct span took, const char *text)
{
	run->is_known = true;
	run->is_off = is_off;
	run->ended = platform_now();
	run->took = took;
	(void)snprintf(run->text, sizeof run->text, "%s", text);
}

static void ended(void *context, const struct fence_result *result)
{
	struct fencer *fencer = context;
	const uint8_t member = setup_member_of(&fencer->settings.config->setup, result->member);
	const bool is_off = result->is_off;
	struct fencer_run *run;

	if (member == NO_MEMBER)
		return;
	run = &fencer->runs[member];
	run->is_running = false;
	remember(run, is_off, result->took, result->text);
	log_write(fencer->settings.log, is_off ? LEVEL_WARNING : LEVEL_ERROR,
	          "fence %s: %s after %" PRId64 " ms: %s", result->node,
	          is_off ? "off" : "not known to be off", result->took.ns / 1000000, result->text);
	tell_member(fencer, member, is_off);
}

/* The member must not be told in the middle of the step that asked. */
static void tell_failures(uv_timer_t *timer)
{
	struct fencer *fencer = timer->data;

	for (uint8_t i = 0; i < fencer->settings.config->setup.member_count; i++) {
		if (!fencer->runs[i].has_failed)
			continue;
		fencer->runs[i].has_failed = false;
		tell_member(fencer, i, false);
	}
}

enum code fencer_open(struct fencer *fencer, const struct fencer_settings *settings,
                      struct error *error)
{
	const struct fence_events events = {.context = fencer, .said = said, .ended = ended};

	fencer->settings = *settings;
	fencer->fence = fence_open(settings->loop, &events);
	if (fencer->fence == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	(void)uv_timer_init(settings->loop, &fencer->told);
	fencer->told.data = fencer;
	fencer->told_open = true;
	return CODE_OK;
}

void fencer_close(struct fencer *fencer)
{
	fence_close(fencer->fence);
	fencer->fence = NULL;
	if (fencer->told_open)
		uv_close((uv_handle_t *)&fencer->told, NULL);
	fencer->told_open = false;
}

void fencer_start(struct fencer *fencer, const struct effect *effect)
{
	const uint8_t member = effect->as.fence.member;
	const struct config *config = fencer->settings.config;
	struct fencer_run *run = &fencer->runs[member];
	struct error error;

	run->incarnation = effect->as.fence.incarnation;
	run->has_failed = false;
	run->is_running = fence_start(fencer->fence, config, member, &error) == CODE_OK;
	if (run->is_running)
		return;
	remember(run, false, (struct span){0}, error.text);
	log_write(fencer->settings.log, LEVEL_ERROR, "fence %s: not begun: %s",
	          config->setup.members[member].name, error.text);
	run->has_failed = true;
	(void)uv_timer_start(&fencer->told, tell_failures, 0, 0);
}

void fencer_cancel(struct fencer *fencer, uint8_t member)
{
	struct fencer_run *run = &fencer->runs[member];

	fence_cancel(fencer->fence, fencer->settings.config->setup.members[member].id);
	if (run->is_running)
		log_write(fencer->settings.log, LEVEL_WARNING, "fence %s: its agent is killed",
		          fencer->settings.config->setup.members[member].name);
	run->is_running = run->has_failed = false;
}
