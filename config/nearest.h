/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may have been meant by a word that is none of the known ones. Knows nothing of what the
 * words stand for.
 */
#pragma once

#include <stddef.h>

enum { GUESS_WORD_BYTES = 48, GUESS_LIST_BYTES = 176, GUESS_SENTENCE_BYTES = 192 };

struct guess {
	const char *word;            /* borrowed from the caller of guess_of */
	unsigned distance;           /* of `best`: letters added, left out, changed or swapped */
	char best[GUESS_WORD_BYTES]; /* "": nothing is near */
	char list[GUESS_LIST_BYTES]; /* all that was offered, as far as it fits */
};

struct guess guess_of(const char *word);
void guess_offer(struct guess *guess, const char *name);

/* "did you mean 'address'?", or "known are a, b, c", or "none is defined". */
void guess_sentence(const struct guess *guess, char out[GUESS_SENTENCE_BYTES]);
