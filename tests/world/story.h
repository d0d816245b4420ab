/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was told: the last lines of narration, as data until somebody wants to read them, and a sink
 * for those who want to read along. The line of a decision is the one the log of a daemon shows;
 * what the world did is in parentheses, what an operator typed and read begins with ? and !.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/note.h"

struct world;

enum { STORY_LINES = 128, STORY_TEXT_BYTES = 320, STORY_LINE_BYTES = 360 };

struct story_line {
	int64_t at;
	uint8_t host; /* NO_MEMBER: the world itself */
	bool is_note;
	struct note note;
	char text[STORY_TEXT_BYTES];
};

struct story {
	uint64_t count;
	struct story_line lines[STORY_LINES]; /* line i stands at i % STORY_LINES */
	bool fine;                            /* times with microseconds */
	enum note_level threshold;            /* notes less important are not told to the sink */
	void (*sink)(void *context, const char *line);
	void *context; /* borrowed while the world is open */
};

void story_note(struct world *world, uint8_t host, const struct note *note);
void story_tell(struct world *world, uint8_t host, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives the last `count` lines to `print`. */
void story_last(const struct world *world, unsigned count,
                void (*print)(void *context, const char *line), void *context);

/* "n2", "r1"; of the world: "--". */
const char *story_host(const struct world *world, uint8_t host);
const char *story_role(const struct world *world, uint8_t role);
