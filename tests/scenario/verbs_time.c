/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs that let time pass, and the one that looks.
 */
#include <inttypes.h>
#include <string.h>

#include "tests/scenario/verbs.h"
#include "tests/world/show.h"

static const int64_t patience = INT64_C(60000000000);

bool verb_run(struct stage *stage, const struct words *words)
{
	int64_t span;
	return words->count == 2 && word_duration(words->word[1], &span) &&
	       stage_run(stage, stage->world->now + span);
}

bool verb_skip(struct stage *stage, const struct words *words)
{
	stage->silent = true;
	bool done = verb_run(stage, words);
	stage->silent = false;
	return done;
}

bool verb_record(struct stage *stage, const struct words *words)
{
	struct plan_network *network = &stage->world->net.plan;
	network->record_permille = 1000;
	bool done = verb_skip(stage, words);
	network->record_permille = 0;
	return done;
}

static bool is_up(const struct world *world, uint8_t h, uint8_t r)
{
	const struct host *host = &world->hosts[h];
	return host->stubs[r].state == STUB_UP && host->state == HOST_RUNNING &&
	       host->member->roles[r].claim.state == CLAIM_HOLDING &&
	       host->member->roles[r].phase == PHASE_UP;
}

static bool has_owner(struct stage *stage, const struct words *words)
{
	uint8_t role, host = NO_MEMBER;
	if (!stage_role(stage, words->word[2], &role) ||
	    (words->count > 3 && !stage_host(stage, words->word[3], &host)))
		return false;
	for (uint8_t h = 0; h < stage->world->plan.member_count; h++)
		if ((host == NO_MEMBER || host == h) && is_up(stage->world, h, role))
			return true;
	return false;
}

static bool has_nobody(struct stage *stage, const struct words *words)
{
	uint8_t role;
	return stage_role(stage, words->word[2], &role) &&
	       world_owner(stage->world, role) == NO_MEMBER;
}

static bool is_silent(struct stage *stage, const struct words *words)
{
	uint8_t role, host;
	if (!stage_role(stage, words->word[2], &role) || !stage_host(stage, words->word[3], &host))
		return false;
	if (layers_answer(stage->world, host, role))
		return false;
	story_tell(stage->world, host, "(does not answer for %s)", words->word[2]);
	return true;
}

static bool is_answered(struct stage *stage, const struct words *words)
{
	(void)words;
	for (unsigned i = 0; i < CHECK_REQUESTS_MAX; i++)
		if (stage->world->check.requests[i].open)
			return false;
	return true;
}

static bool is_last_answered(struct stage *stage, const struct words *words)
{
	(void)words;
	for (unsigned i = 0; i < CHECK_REQUESTS_MAX; i++)
		if (stage->world->check.requests[i].handle == stage->asked)
			return !stage->world->check.requests[i].open;
	return false;
}

static bool is_quiet(struct stage *stage, const struct words *words)
{
	(void)words;
	return stage->world->now - stage->told_at >= 2 * world_longest_promise(stage->world).ns;
}

static bool is_settled(struct stage *stage, const struct words *words)
{
	const struct world *world = stage->world;
	for (uint8_t h = 0; h < world->plan.member_count; h++)
		for (uint8_t r = 0; r < world->plan.role_count; r++)
			if (world->hosts[h].stubs[r].state == STUB_STARTING ||
			    world->hosts[h].stubs[r].state == STUB_STOPPING)
				return false;
	return is_answered(stage, words) && is_quiet(stage, words);
}

static bool is_told(struct stage *stage, const struct words *words)
{
	stage->awaited = words->word[2];
	return stage->heard;
}

static const struct condition {
	const char *name;
	unsigned words_min, words_max; /* operands */
	bool (*holds)(struct stage *stage, const struct words *words);
} conditions[] = {
    {"owner", 1, 2, has_owner}, {"nobody", 1, 1, has_nobody}, {"answer", 0, 0, is_answered},
    {"quiet", 0, 0, is_quiet},  {"silent", 2, 2, is_silent},  {"told", 1, 1, is_told},
};

bool verb_until(struct stage *stage, const struct words *words)
{
	struct words rest = *words;
	int64_t limit = patience;
	if (rest.count > 3 && strcmp(rest.word[rest.count - 2], "within") == 0) {
		if (!word_duration(rest.word[rest.count - 1], &limit))
			return false;
		rest.count -= 2;
	}
	for (unsigned i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
		const struct condition *condition = &conditions[i];
		if (rest.count < 2 || strcmp(rest.word[1], condition->name) != 0)
			continue;
		if (rest.count - 2 < condition->words_min || rest.count - 2 > condition->words_max)
			return false;
		bool held = stage_await(stage, condition->holds, &rest, limit);
		stage->awaited = NULL;
		stage->heard = false;
		return held;
	}
	return false;
}

bool verb_ask(struct stage *stage, const struct words *words)
{
	return verb_request(stage, words) && stage_await(stage, is_last_answered, words, patience);
}

bool verb_settle(struct stage *stage, const struct words *words)
{
	struct world *world = stage->world;
	if (words->count != 1)
		return false;
	stage->silent = true;
	bool settled = stage_await(stage, is_settled, words, patience);
	stage->silent = false;
	for (uint8_t r = 0; settled && r < world->plan.role_count; r++) {
		uint8_t owner = world_owner(world, r);
		if (owner == NO_MEMBER)
			stage_say(stage, "%s is down", story_role(world, r));
		else
			stage_say(stage, "%s is up on %s, epoch %" PRIu64, story_role(world, r),
			          story_host(world, owner), world->hosts[owner].stubs[r].epoch);
	}
	return settled;
}

static void show_line(void *context, const char *line)
{
	stage_say(context, "%s", line);
}

bool verb_show(struct stage *stage, const struct words *words)
{
	for (unsigned i = 1; i < words->count; i++) {
		uint8_t host;
		if (!stage_host(stage, words->word[i], &host))
			return false;
		show_host(stage->world, host, show_line, stage);
	}
	for (uint8_t h = 0; words->count == 1 && h < stage->world->plan.member_count; h++)
		show_host(stage->world, h, show_line, stage);
	return true;
}
