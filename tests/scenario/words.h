/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of a scenario as words, and what a word can stand for. Knows no verbs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/setup.h"

enum { WORDS_MAX = 32, WORDS_BYTES = 512 };

struct words {
	unsigned count;
	const char *word[WORDS_MAX]; /* into `bytes`; NULL behind the last */
	char bytes[WORDS_BYTES];
};

/* Splits at blanks; what stands between quotes is one word. False: too long. */
bool words_split(const char *line, struct words *words);

/* What follows "key=" if the word begins so, else NULL. */
const char *word_value(const char *word, const char *key);

/* "250us", "20ms", "2s", "3m" in nanoseconds. */
bool word_duration(const char *word, int64_t *ns);

/* lan, fast, wan, or HEARTBEAT/LEASE/RELEASE. */
bool word_timing(const char *word, struct timing *timing);

bool word_number(const char *word, uint64_t *number);
