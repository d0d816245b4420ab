/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the text and inih. inih as distributions build it cuts lines at 199 bytes and section
 * names at 49 without a word, does not say when a section begins, and knows line numbers only of
 * the first error. So its reader function (fgets in disguise) is ours: it counts lines, takes out
 * sections and comments, refuses what is not text, and hands over only lines with `key = value`, of
 * which inih makes key and value. A line longer than inih's buffer goes through in pieces, as
 * inih's continuation lines; each piece stands between guards, because inih strips blanks.
 */
#include "config/lines.h"

#include <assert.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/value.h"

enum {
	KEY_BYTES = 48,    /* longer than any key there is; inih remembers 49 characters of it */
	BUFFER_BYTES = 64, /* inih's line buffer has room for a key and some of the value */
	FAULT_BYTES = 200,
};

static const char guard = '|';

struct reading {
	const struct lines_user *user;
	const char *text; /* what has not been read yet */
	const char *end;
	unsigned number;              /* of the line below */
	char line[CONFIG_LINE_BYTES]; /* without blanks around it and without comment */
	const char *rest;             /* of that line: what inih has not got yet; NULL: nothing */
	bool in_pieces;
	const char *comment; /* of that line; NULL: none */
	char key[KEY_BYTES]; /* "": no entry under way */
	char value[CONFIG_LINE_BYTES];
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void fault(const struct reading *reading, const char *text)
{
	reading->user->fault(reading->user->context, reading->number, text);
}

/* Bytes of the UTF-8 character at `at`, 0 when there is none before `end`. Overlong forms and
 * surrogates are refused: one character has one spelling. */
static size_t character_at(const uint8_t *at, const uint8_t *end)
{
	static const struct {
		uint8_t first, last, low, high; /* lead bytes; bounds of the byte behind */
		uint8_t length;
	} forms[] = {
	    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (*at < forms[i].first || *at > forms[i].last)
			continue;
		if (forms[i].length > end - at)
			return 0;
		if (forms[i].length > 1 && (at[1] < forms[i].low || at[1] > forms[i].high))
			return 0;
		for (size_t j = 2; j < forms[i].length; j++)
			if ((at[j] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

static bool is_text(const struct reading *reading, const char *line, size_t length)
{
	const uint8_t *at = (const uint8_t *)line, *end = at + length;
	char sentence[FAULT_BYTES];
	while (at < end) {
		size_t step = character_at(at, end);
		bool control = *at == 0x7f || (*at < ' ' && *at != '\t');
		if (step > 0 && !control) {
			at += step;
			continue;
		}
		snprintf(
		    sentence, sizeof sentence,
		    "the byte 0x%02x at column %zu is %s; the file must be plain text in UTF-8",
		    *at, (size_t)(at - (const uint8_t *)line) + 1,
		    control ? "a control character" : "not UTF-8");
		fault(reading, sentence);
		return false;
	}
	return true;
}

/* The next line into reading->line, empty when it is refused; false at the end of the text. */
static bool take_line(struct reading *reading)
{
	if (reading->text == reading->end)
		return false;
	const char *line = reading->text;
	size_t left = (size_t)(reading->end - line);
	const char *newline = memchr(line, '\n', left);
	size_t length = newline == NULL ? left : (size_t)(newline - line);
	reading->text = newline == NULL ? reading->end : newline + 1;
	reading->number++;
	*reading->line = '\0';
	if (length > 0 && line[length - 1] == '\r')
		length--;
	if (length >= CONFIG_LINE_BYTES) {
		char sentence[FAULT_BYTES];
		snprintf(sentence, sizeof sentence,
		         "the line has %zu bytes; at most %d are allowed", length,
		         CONFIG_LINE_BYTES - 1);
		fault(reading, sentence);
		return true;
	}
	if (!is_text(reading, line, length))
		return true;
	for (; length > 0 && is_blank(*line); length--)
		line++;
	while (length > 0 && is_blank(line[length - 1]))
		length--;
	memcpy(reading->line, line, length);
	reading->line[length] = '\0';
	return true;
}

/* Returns the comment, without its sign; NULL: there is none. */
static const char *cut_comment(char *line)
{
	char *at = line;
	while (*at != '\0' && !(*at == ';' && (at == line || is_blank(at[-1]))))
		at++;
	const char *comment = *at == '\0' ? NULL : at + 1;
	while (at > line && is_blank(at[-1]))
		at--;
	*at = '\0';
	return comment;
}

/* A header without its end is read as if it had one, so that its keys are checked all the same. */
static void take_header(struct reading *reading)
{
	char *inside = reading->line + 1;
	char *end = strchr(inside, ']');
	if (end == NULL) {
		fault(reading, "the section has no ']'; expected something like [node alpha]");
		(void)cut_comment(inside);
	} else {
		const char *behind = end + 1 + strspn(end + 1, " \t");
		if (*behind != '\0' && *behind != ';' && *behind != '#')
			fault(reading, "there is something behind the ']'; a key stands on a line "
			               "of its own");
		*end = '\0';
	}
	reading->user->section(reading->user->context, reading->number, inside);
}

/* True when the line is `key = value`, for inih; everything else is dealt with here. */
static bool is_entry(struct reading *reading)
{
	char *line = reading->line;
	if (*line == '\0' || *line == ';' || *line == '#')
		return false;
	if (*line == '[') {
		take_header(reading);
		return false;
	}
	reading->comment = cut_comment(line);
	/* inih takes a colon for an equals sign. */
	size_t length = strcspn(line, "=:");
	char sentence[FAULT_BYTES];
	if (line[length] != '=') {
		snprintf(sentence, sizeof sentence, "'%s' is neither a [section] nor `key = value`",
		         excerpt_of(line).text);
		fault(reading, sentence);
		return false;
	}
	if (length == 0) {
		fault(reading, "there is no key before the '='");
		return false;
	}
	if (length >= KEY_BYTES) {
		snprintf(sentence, sizeof sentence, "'%s' is too long for a key",
		         excerpt_of(line).text);
		fault(reading, sentence);
		return false;
	}
	return true;
}

/* What goes to inih next: at most `room` characters of the line, with guards when it is only a
 * part. */
static void hand_piece(struct reading *reading, char *out, size_t room)
{
	bool first = reading->rest == reading->line;
	size_t length = strlen(reading->rest);
	if (first)
		reading->in_pieces = length > room;
	if (!reading->in_pieces) {
		snprintf(out, room + 2, "%s\n", reading->rest);
		reading->rest = NULL;
		return;
	}
	char begin[] = {'\t', guard, '\0'};
	if (first)
		*begin = '\0';
	size_t most = room - strlen(begin) - 1;
	size_t taken = length < most ? length : most;
	snprintf(out, room + 2, "%s%.*s%c\n", begin, (int)taken, reading->rest, guard);
	reading->rest = length > taken ? reading->rest + taken : NULL;
}

static void end_entry(struct reading *reading)
{
	if (*reading->key == '\0')
		return;
	const char *value = reading->value + strspn(reading->value, " \t");
	if (reading->comment != NULL)
		reading->user->comment(reading->user->context, reading->number, reading->comment);
	reading->user->entry(reading->user->context, reading->number, reading->key, value);
	*reading->key = '\0';
}

/* inih's fgets. */
static char *next_line(char *out, int size, void *stream)
{
	struct reading *reading = stream;
	assert(size >= BUFFER_BYTES);
	if (reading->rest == NULL) {
		end_entry(reading);
		do {
			if (!take_line(reading))
				return NULL;
		} while (!is_entry(reading));
		reading->rest = reading->line;
	}
	hand_piece(reading, out, (size_t)size - sizeof "\n");
	return out;
}

/* inih's handler: once for each piece of a line. */
static int take_piece(void *stream, const char *section, const char *key, const char *value)
{
	struct reading *reading = stream;
	(void)section;
	bool first = *reading->key == '\0';
	if (!first && strcmp(key, reading->key) != 0)
		return 0; /* built without continuation lines: it took a piece for a new key */
	if (first) {
		snprintf(reading->key, sizeof reading->key, "%s", key);
		*reading->value = '\0';
	}
	size_t length = strlen(value), used = strlen(reading->value);
	if (reading->in_pieces) {
		assert(length > 0);
		length--;
		if (!first) {
			assert(length > 0);
			value++;
			length--;
		}
	}
	assert(used + length < sizeof reading->value);
	memcpy(reading->value + used, value, length);
	reading->value[used + length] = '\0';
	return 1;
}

void lines_read(const char *text, size_t length, const struct lines_user *user)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors put it before UTF-8 */
	struct reading reading;
	memset(&reading, 0, sizeof reading);
	reading.user = user;
	reading.text = text;
	reading.end = text + length;
	if (length >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0)
		reading.text += strlen(mark);
	int failed = ini_parse_stream(next_line, &reading, take_piece, &reading);
	reading.number = 0;
	/* Every line that inih gets has a key and fits; what is left is a build that cannot go on.
	 */
	if (failed != 0)
		fault(&reading,
		      "the INI library gave up; it must be built with multi-line entries");
}
