/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads members through their views only, as `failoverd status` does.
 */
#include "tests/world/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/world/world.h"

enum { SHOW_LINE_BYTES = 240 };

static void append(char line[SHOW_LINE_BYTES], const char *word)
{
	size_t length = strlen(line);
	snprintf(line + length, SHOW_LINE_BYTES - length, "%s", word);
}

static void show_state(const struct world *world, uint8_t h, char line[SHOW_LINE_BYTES])
{
	static const char *const states[] = {
	    [HOST_OFF] = "off",
	    [HOST_CLEANING] = "cleaning up",
	    [HOST_RUNNING] = "runs",
	    [HOST_FROZEN] = "frozen",
	};
	const struct host *host = &world->hosts[h];
	snprintf(line, SHOW_LINE_BYTES, "%s %s", story_host(world, h), states[host->state]);
	if (!host_is_up(host))
		return;
	struct instant now = clock_show(&host->clock, world->now);
	struct member_view view;
	member_view(host->member, now, &view);
	char counts[64];
	snprintf(counts, sizeof counts, ", incarnation %u, hears %u of %u voters", view.incarnation,
	         view.voters_heard, view.voters_total);
	append(line, counts);
	append(line, view.quorum ? "" : " (no quorum)");
	append(line, view.paused ? ", paused" : "");
	append(line, view.relearning ? ", relearning" : "");
	append(line, view.abstaining ? ", abstaining" : "");
	append(line, view.file_voters_differ ? ", file names other voters" : "");
}

static void show_role(const struct world *world, uint8_t h, uint8_t r, char line[SHOW_LINE_BYTES])
{
	const struct host *host = &world->hosts[h];
	struct instant now = clock_show(&host->clock, world->now);
	struct role_view view;
	member_view_role(host->member, r, now, &view);
	uint8_t role = setup_role_of(&world->setup, view.id);
	snprintf(line, SHOW_LINE_BYTES, "  %s wanted %s, owner %s, epoch %" PRIu64 ", vote %s",
	         story_role(world, role), wanted_word(view.wanted), story_host(world, view.owner),
	         view.epoch, story_host(world, view.holder));
	if (view.claim != CLAIM_NONE) {
		append(line, ", here ");
		append(line, claim_word(view.claim));
	}
	append(line, view.retrying ? ", waits after a failure" : "");
	for (uint8_t i = 0; i < view.candidate_count; i++) {
		const struct candidate_view *candidate = &view.candidates[i];
		if (!candidate->reachable || candidate->unfit == UNFIT_NOT)
			continue;
		char text[64];
		snprintf(text, sizeof text, "; %s %s", story_host(world, candidate->member),
		         candidate->known ? unfit_word(candidate->unfit) : "unknown");
		append(line, text);
	}
}

void show_host(const struct world *world, uint8_t h, void (*print)(void *context, const char *line),
               void *context)
{
	char line[SHOW_LINE_BYTES];
	show_state(world, h, line);
	print(context, line);
	const struct host *host = &world->hosts[h];
	if (!host_is_up(host))
		return;
	for (uint8_t r = 0; r < member_role_count(host->member); r++) {
		show_role(world, h, r, line);
		print(context, line);
	}
}
