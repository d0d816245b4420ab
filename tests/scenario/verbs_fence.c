/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs about switching hosts off, and about machines that are paused as a whole.
 */
#include <string.h>

#include "tests/scenario/verbs.h"

static bool set_agent(struct agent *agent, const char *word)
{
	const char *time = word_value(word, "time");
	if (time != NULL)
		return word_duration(time, &agent->time);
	agent->fails = strcmp(word, "fails") == 0;
	return agent->fails || strcmp(word, "works") == 0;
}

bool verb_agent(struct stage *stage, const struct words *words)
{
	uint8_t h;
	if (words->count < 3 || !stage_host(stage, words->word[1], &h))
		return false;
	for (unsigned i = 2; i < words->count; i++)
		if (!set_agent(&stage->world->agents[h], words->word[i]))
			return false;
	return true;
}

bool verb_halt(struct stage *stage, const struct words *words)
{
	uint8_t h;
	int64_t span;
	bool clock = words->count == 4 && strcmp(words->word[3], "clock") == 0;
	if (words->count != 3u + clock || !stage_host(stage, words->word[1], &h) ||
	    !word_duration(words->word[2], &span))
		return false;
	if (stage->world->hosts[h].state != HOST_RUNNING)
		return stage_fail(stage, "%s does not run", words->word[1]);
	halt_begin(stage->world, h, span, clock);
	return stage_now(stage);
}
