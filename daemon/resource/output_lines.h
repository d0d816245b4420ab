/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child writes, cut into lines fit for the log: bounded in length and rate, and without
 * bytes that would do something to a terminal. Why a command failed stands in its last lines, so
 * of what is beyond the rate the middle is left out. Pure; knows no log.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/clock.h"

enum {
	LINES_LENGTH_MAX = 512, /* longer lines end in "..." */
	/* A child that talks without end fills neither the log nor the loop's time. */
	LINES_PER_SECOND = 50,
	/* Of what is beyond that, the last lines are shown all the same, when the second or the
	 * child is over. */
	LINES_TAIL = 10,
};

struct output_lines {
	char text[LINES_LENGTH_MAX + 4]; /* the line so far, room for "..." and the zero */
	size_t length;
	struct instant second; /* when the running second began */
	uint32_t shown;        /* in this second */
	uint64_t left_out;     /* since a line was last shown */
	uint64_t held_back;    /* since then, in all; the last of them are in `tail` */
	/* The line held back as n-th in place n % LINES_TAIL. */
	char tail[LINES_TAIL][LINES_LENGTH_MAX + 4];
	char last[LINES_LENGTH_MAX + 4]; /* the last that was not blank; "": there was none */
	void (*show)(void *context, const char *line, uint64_t left_out);
	void *context;
};

/* `show` gets each line, and how many were left out before it. */
void output_lines_init(struct output_lines *lines, void (*show)(void *, const char *, uint64_t),
                       void *context);
void output_lines_feed(struct output_lines *lines, const char *bytes, size_t length,
                       struct instant now);
/* The last line may lack its end. */
void output_lines_end(struct output_lines *lines, struct instant now);
