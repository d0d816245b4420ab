/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child writes, cut into lines fit for the log.
 */
#include "daemon/resource/output_lines.h"

#include <string.h>

static const struct span SECOND = {1000000000};

void output_lines_init(struct output_lines *lines, void (*show)(void *, const char *, uint64_t),
                       void *context)
{
	memset(lines, 0, sizeof *lines);
	lines->second = INSTANT_PAST;
	lines->show = show;
	lines->context = context;
}

static void show(struct output_lines *lines, const char *line)
{
	lines->show(lines->context, line, lines->left_out);
	lines->left_out = 0;
}

static void show_tail(struct output_lines *lines)
{
	uint64_t kept = lines->held_back < LINES_TAIL ? lines->held_back : LINES_TAIL;
	lines->left_out += lines->held_back - kept;
	for (uint64_t i = lines->held_back - kept; i < lines->held_back; i++)
		show(lines, lines->tail[i % LINES_TAIL]);
	lines->held_back = 0;
}

static void pass_on(struct output_lines *lines, struct instant now)
{
	if (instant_reached(now, instant_plus(lines->second, SECOND))) {
		show_tail(lines);
		lines->second = now;
		lines->shown = 0;
	}
	if (lines->shown == LINES_PER_SECOND) {
		memcpy(lines->tail[lines->held_back % LINES_TAIL], lines->text, sizeof lines->text);
		lines->held_back++;
		return;
	}
	lines->shown++;
	show(lines, lines->text);
}

static void finish_line(struct output_lines *lines, struct instant now)
{
	if (lines->length > LINES_LENGTH_MAX) {
		memcpy(lines->text + LINES_LENGTH_MAX, "...", 3);
		lines->length = LINES_LENGTH_MAX + 3;
	}
	lines->text[lines->length] = '\0';
	lines->length = 0;
	if (lines->text[strspn(lines->text, " \t")] != '\0')
		memcpy(lines->last, lines->text, sizeof lines->last);
	pass_on(lines, now);
}

void output_lines_feed(struct output_lines *lines, const char *bytes, size_t length,
                       struct instant now)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)bytes[i];
		if (c == '\n') {
			finish_line(lines, now);
			continue;
		}
		/* Bytes of UTF-8 pass; what steers a terminal, or fakes a line, does not. */
		bool is_control = (c < ' ' && c != '\t') || c == 0x7f;
		if (c == '\r')
			continue;
		if (lines->length < LINES_LENGTH_MAX)
			lines->text[lines->length] = is_control ? '?' : (char)c;
		if (lines->length <= LINES_LENGTH_MAX)
			lines->length++;
	}
}

void output_lines_end(struct output_lines *lines, struct instant now)
{
	if (lines->length > 0)
		finish_line(lines, now);
	show_tail(lines);
}
