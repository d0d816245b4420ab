/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nearest of the offered words by edit distance, where a swap of two neighbours counts as one
 * change, as it is one slip of the fingers.
 */
#include "config/nearest.h"

#include <stdio.h>
#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Both shorter than GUESS_WORD_BYTES. Three rows of the usual table are enough. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][GUESS_WORD_BYTES];
	size_t a_length = strlen(a), b_length = strlen(b);
	for (unsigned j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		const unsigned *above = rows[(i - 1) % 3];
		unsigned *row = rows[i % 3];
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned change = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(change, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

struct guess guess_of(const char *word)
{
	size_t length = strlen(word);
	/* One slip in three letters still looks like the word; a single letter looks like nothing.
	 */
	unsigned limit = length <= 3 ? 1 : (unsigned)(length / 3);
	return (struct guess){.word = word, .distance = length < 2 ? 0 : limit + 1};
}

static void list_name(struct guess *guess, const char *name)
{
	size_t used = strlen(guess->list), length = strlen(name);
	const size_t ending = sizeof ", ...";
	if (used + 2 + length + ending <= sizeof guess->list)
		snprintf(guess->list + used, sizeof guess->list - used, "%s%s",
		         used == 0 ? "" : ", ", name);
	else if (used > 0 && guess->list[used - 1] != '.')
		snprintf(guess->list + used, sizeof guess->list - used, ", ...");
}

void guess_offer(struct guess *guess, const char *name)
{
	if (*name == '\0')
		return; /* of a section whose own name was refused */
	list_name(guess, name);
	if (strlen(guess->word) >= GUESS_WORD_BYTES || strlen(name) >= GUESS_WORD_BYTES)
		return;
	unsigned away = distance(guess->word, name);
	if (away < guess->distance) {
		guess->distance = away;
		memcpy(guess->best, name, strlen(name) + 1);
	}
}

void guess_sentence(const struct guess *guess, char out[GUESS_SENTENCE_BYTES])
{
	if (*guess->best != '\0')
		snprintf(out, GUESS_SENTENCE_BYTES, "did you mean '%s'?", guess->best);
	else if (*guess->list != '\0')
		snprintf(out, GUESS_SENTENCE_BYTES, "known are %s", guess->list);
	else
		snprintf(out, GUESS_SENTENCE_BYTES, "none is defined");
}
