/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Narration. Decisions are kept as data and become text only when they are read, because a
 * simulation tells millions of lines that nobody looks at.
 */
#include "tests/world/story.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/world/world.h"

const char *story_host(const struct world *world, uint8_t host)
{
	return host < world->plan.member_count ? world->setup.members[host].name : "--";
}

const char *story_role(const struct world *world, uint8_t role)
{
	return role < world->plan.role_count ? world->setup.roles[role].name : "--";
}

static void line_format(const struct world *world, const struct story_line *line, char *out,
                        size_t size)
{
	int64_t us = line->at / 1000;
	char when[32];
	if (world->story.fine)
		snprintf(when, sizeof when, "[%6" PRId64 ".%03" PRId64 "]", us / 1000, us % 1000);
	else
		snprintf(when, sizeof when, "[%6" PRId64 "]", us / 1000);
	char note[NOTE_TEXT_BYTES];
	const char *text = line->text;
	if (line->is_note) {
		note_format(&world->setup, &line->note, note, sizeof note);
		text = note;
	}
	snprintf(out, size, "%s %s  %s", when, story_host(world, line->host), text);
}

static struct story_line *line_take(struct world *world, uint8_t host)
{
	struct story_line *line = &world->story.lines[world->story.count++ % STORY_LINES];
	line->at = world->now;
	line->host = host;
	return line;
}

static void line_told(struct world *world, const struct story_line *line)
{
	if (world->story.sink == NULL)
		return;
	if (line->is_note && note_level(&line->note) > world->story.threshold)
		return;
	char text[STORY_LINE_BYTES];
	line_format(world, line, text, sizeof text);
	world->story.sink(world->story.context, text);
}

void story_note(struct world *world, uint8_t host, const struct note *note)
{
	struct story_line *line = line_take(world, host);
	line->is_note = true;
	line->note = *note;
	line_told(world, line);
}

void story_tell(struct world *world, uint8_t host, const char *format, ...)
{
	struct story_line *line = line_take(world, host);
	line->is_note = false;
	va_list args;
	va_start(args, format);
	vsnprintf(line->text, sizeof line->text, format, args);
	va_end(args);
	line_told(world, line);
}

void story_last(const struct world *world, unsigned count,
                void (*print)(void *context, const char *line), void *context)
{
	const struct story *story = &world->story;
	uint64_t told = story->count < STORY_LINES ? story->count : STORY_LINES;
	uint64_t from = story->count - (told < count ? told : count);
	for (uint64_t i = from; i < story->count; i++) {
		char text[STORY_LINE_BYTES];
		line_format(world, &story->lines[i % STORY_LINES], text, sizeof text);
		print(context, text);
	}
}
