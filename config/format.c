/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single values as text that value.h reads back to the same value.
 */
#include "config/print.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "config/text.h"

void span_text(struct span span, char out[SPAN_TEXT_BYTES])
{
	static const struct {
		const char *word;
		int64_t ns;
	} units[] = {
	    {"h", 3600LL * 1000 * 1000 * 1000},
	    {"m", 60LL * 1000 * 1000 * 1000},
	    {"s", 1000LL * 1000 * 1000},
	    {"ms", 1000 * 1000},
	    {"us", 1000},
	    {"ns", 1},
	};
	size_t unit = 0;
	while (span.ns % units[unit].ns != 0)
		unit++;
	if (span.ns == 0)
		snprintf(out, SPAN_TEXT_BYTES, "0");
	else
		snprintf(out, SPAN_TEXT_BYTES, "%" PRId64 "%s", span.ns / units[unit].ns,
		         units[unit].word);
}

void key_format(const struct public_key *key, char out[KEY_TEXT_BYTES])
{
	static_assert(KEY_TEXT_BYTES >= sodium_base64_ENCODED_LEN(SEAL_PUBLIC_BYTES,
	                                                          sodium_base64_VARIANT_ORIGINAL),
	              "a key has room");
	sodium_bin2base64(out, KEY_TEXT_BYTES, key->bytes, sizeof key->bytes,
	                  sodium_base64_VARIANT_ORIGINAL);
}

/* Class selectors are the multiples of 8 (RFC 2474); AFxy is 8x + 2y (RFC 2597); EF is 46 (RFC
 * 3246). */
void dscp_text(uint8_t dscp, char out[DSCP_WORD_BYTES])
{
	enum { EXPEDITED = 46 };
	unsigned group = dscp / 8u, drop = dscp % 8u / 2u;
	if (dscp == EXPEDITED)
		snprintf(out, DSCP_WORD_BYTES, "EF");
	else if (dscp % 8u == 0)
		snprintf(out, DSCP_WORD_BYTES, "CS%u", group);
	else if (group >= 1 && group <= 4 && drop >= 1 && drop <= 3 && dscp % 2u == 0)
		snprintf(out, DSCP_WORD_BYTES, "AF%u%u", group, drop);
	else
		snprintf(out, DSCP_WORD_BYTES, "%u", dscp);
}

static bool is_bare(const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-_./:=,+@%^~";
	return *word != '\0' && word[strspn(word, plain)] == '\0';
}

/* In single quotes nothing has a meaning, but a ';' behind a blank still begins a comment. */
static bool fits_single_quotes(const char *word)
{
	return strchr(word, '\'') == NULL && strstr(word, " ;") == NULL &&
	       strstr(word, "\t;") == NULL;
}

static void add_word(struct text *out, const char *word)
{
	if (is_bare(word)) {
		text_add(out, word);
		return;
	}
	char quote = fits_single_quotes(word) ? '\'' : '"';
	text_add_char(out, quote);
	for (; *word != '\0'; word++) {
		if (quote == '"' && strchr("\"\\;", *word) != NULL)
			text_add_char(out, '\\');
		text_add_char(out, *word);
	}
	text_add_char(out, quote);
}

bool command_format(const struct command *command, struct text *out)
{
	const char *word = command->words;
	for (uint8_t i = 0; i < command->word_count; i++) {
		if (i > 0)
			text_add_char(out, ' ');
		add_word(out, word);
		word += strlen(word) + 1;
	}
	return command->word_count > 0;
}
