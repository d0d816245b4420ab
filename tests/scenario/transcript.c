/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing text; the difference of two by their longest common subsequence, as texts of a scenario
 * are short.
 */
#include "tests/scenario/transcript.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIFF_LINES_MAX = 1000 };

struct line {
	const char *start;
	size_t length;
};

void transcript_close(struct transcript *text)
{
	free(text->bytes);
	*text = (struct transcript){0};
}

void transcript_clear(struct transcript *text)
{
	text->length = 0;
	if (text->bytes != NULL)
		text->bytes[0] = '\0';
}

void transcript_add(struct transcript *text, const char *lines)
{
	size_t length = strlen(lines);
	if (text->length + length + 1 > text->size) {
		text->size = (text->length + length + 1) * 2;
		text->bytes = realloc(text->bytes, text->size);
		assert(text->bytes != NULL);
	}
	memcpy(text->bytes + text->length, lines, length + 1);
	text->length += length;
}

void transcript_line(struct transcript *text, const char *line)
{
	transcript_add(text, line);
	transcript_add(text, "\n");
}

const char *transcript_text(const struct transcript *text)
{
	return text->bytes != NULL ? text->bytes : "";
}

static size_t split(const char *text, struct line *lines)
{
	size_t count = 0;
	while (*text != '\0' && count < DIFF_LINES_MAX) {
		size_t length = strcspn(text, "\n");
		lines[count++] = (struct line){text, length};
		text += length + (text[length] == '\n');
	}
	return count;
}

static int same(struct line a, struct line b)
{
	return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

void transcript_diff(const char *expected, const char *told,
                     void (*print)(const char *mark, const char *line, size_t length))
{
	struct line *a = malloc(DIFF_LINES_MAX * sizeof *a);
	struct line *b = malloc(DIFF_LINES_MAX * sizeof *b);
	assert(a != NULL && b != NULL);
	size_t n = split(expected, a), m = split(told, b), row = m + 1;
	/* common[i * row + j]: length of the longest common rest from line i and line j on. */
	uint16_t *common = calloc((n + 1) * row, sizeof *common);
	assert(common != NULL);
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			uint16_t down = common[(i + 1) * row + j], right = common[i * row + j + 1];
			uint16_t both = (uint16_t)(common[(i + 1) * row + j + 1] + 1);
			common[i * row + j] = same(a[i], b[j]) ? both : down > right ? down : right;
		}
	for (size_t i = 0, j = 0; i < n || j < m;) {
		if (i < n && j < m && same(a[i], b[j])) {
			print("  ", a[i].start, a[i].length);
			i++;
			j++;
		} else if (j == m ||
		           (i < n && common[(i + 1) * row + j] >= common[i * row + j + 1])) {
			print("- ", a[i].start, a[i].length);
			i++;
		} else {
			print("+ ", b[j].start, b[j].length);
			j++;
		}
	}
	free(common);
	free(a);
	free(b);
}
