/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a world event by event, so that every promise is checked after each.
 */
#include "tests/scenario/stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/control/verdict_text.h"

static void put_down(void *context, const char *line)
{
	struct stage *stage = context;
	stage->told_at = stage->world->now;
	if (stage->awaited != NULL && strstr(line, stage->awaited) != NULL)
		stage->heard = true;
	if (!stage->silent)
		transcript_line(&stage->transcript, line);
}

static void answer_as_sentence(const struct world *world, const struct check_request *request,
                               const struct answer *answer, char out[STORY_TEXT_BYTES])
{
	static_assert((int)ANSWER_TEXT_BYTES <= (int)STORY_TEXT_BYTES, "a sentence fits");
	struct answer_about about = {
	    .kind = request->kind,
	    .role = request->role,
	    .target = request->target,
	    .limit = request->limit,
	};
	verdict_text(&world->setup, &about, answer, out);
}

void stage_open(struct stage *stage)
{
	*stage = (struct stage){.world = world_open()};
	stage->world->story.threshold = LEVEL_INFO;
	stage->world->story.sink = put_down;
	stage->world->story.context = stage;
	stage->world->verdict_text = answer_as_sentence;
}

void stage_close(struct stage *stage)
{
	world_close(stage->world);
	transcript_close(&stage->transcript);
}

bool stage_fail(struct stage *stage, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (stage->failure[0] == '\0')
		vsnprintf(stage->failure, sizeof stage->failure, format, args);
	va_end(args);
	return false;
}

void stage_say(struct stage *stage, const char *format, ...)
{
	char line[STORY_LINE_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	transcript_line(&stage->transcript, line);
}

static bool is_unbroken(struct stage *stage)
{
	check_overdue(stage->world);
	if (!stage->world->check.violated)
		return true;
	return stage_fail(stage, "a promise is broken: %s", stage->world->check.violation);
}

/* All that happens at the next moment at which something does, but not beyond `until`. */
static bool next_moment(struct stage *stage, int64_t until)
{
	int64_t next = agenda_next(&stage->world->agenda);
	(void)world_run(stage->world, next < until ? next : until);
	return is_unbroken(stage);
}

bool stage_run(struct stage *stage, int64_t until)
{
	while (stage->world->now < until)
		if (!next_moment(stage, until))
			return false;
	return stage_now(stage);
}

bool stage_now(struct stage *stage)
{
	(void)world_run(stage->world, stage->world->now);
	return is_unbroken(stage);
}

bool stage_await(struct stage *stage, bool (*holds)(struct stage *stage, const struct words *words),
                 const struct words *words, int64_t limit)
{
	int64_t until = stage->world->now + limit;
	while (!holds(stage, words)) {
		if (stage->failure[0] != '\0')
			return false;
		if (stage->world->now >= until)
			return stage_fail(stage, "not so after %lld ms",
			                  (long long)(limit / 1000000));
		if (!next_moment(stage, until))
			return false;
	}
	return true;
}

bool stage_host(struct stage *stage, const char *word, uint8_t *host)
{
	for (uint8_t h = 0; word != NULL && h < stage->world->plan.member_count; h++)
		if (strcmp(word, story_host(stage->world, h)) == 0) {
			*host = h;
			return true;
		}
	return stage_fail(stage, "\"%s\" is no member", word == NULL ? "" : word);
}

bool stage_role(struct stage *stage, const char *word, uint8_t *role)
{
	for (uint8_t r = 0; word != NULL && r < stage->world->plan.role_count; r++)
		if (strcmp(word, story_role(stage->world, r)) == 0) {
			*role = r;
			return true;
		}
	return stage_fail(stage, "\"%s\" is no role", word == NULL ? "" : word);
}
