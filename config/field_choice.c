/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choices: each is a list of words; what is none of them is told with the nearest.
 */
#include "config/field_choice.h"

#include <string.h>

#include "config/nearest.h"
#include "config/value.h"

static const char *const fences_words[] = {"never", "before-takeover"};

/* Which of the words it is. */
static enum code choose(const char *text, const char *const words[], size_t count, uint8_t *choice,
                        struct error *error)
{
	struct guess guess = guess_of(text);
	for (uint8_t i = 0; i < count; i++) {
		guess_offer(&guess, words[i]);
		if (strcmp(text, words[i]) == 0) {
			*choice = i;
			return CODE_OK;
		}
	}
	char sentence[GUESS_SENTENCE_BYTES];
	guess_sentence(&guess, sentence);
	return error_set(error, CODE_INVALID, "'%s' is unknown; %s", excerpt_of(text).text,
	                 sentence);
}

enum code take_timing(const struct field *field, void *at, const char *text, struct error *error)
{
	const char *const words[VARIANTS_MAX] = {
	    preset_word(TIMING_LAN),
	    preset_word(TIMING_FAST),
	    preset_word(TIMING_WAN),
	};
	(void)at;
	return choose(text, words, VARIANTS_MAX, field->variant, error);
}

/* The three values it stands for are written instead. */
bool format_timing(const void *at, const struct config *config, struct text *out)
{
	(void)config;
	(void)at;
	(void)out;
	return false;
}

enum code take_type(const struct field *field, void *at, const char *text, struct error *error)
{
	const char *const words[VARIANTS_MAX] = {
	    type_word(RESOURCE_VIP),
	    type_word(RESOURCE_PROCESS),
	    type_word(RESOURCE_SCRIPT),
	};
	enum code code = choose(text, words, VARIANTS_MAX, field->variant, error);
	if (code == CODE_OK)
		*(enum resource_type *)at = (enum resource_type) * field->variant;
	return code;
}

bool format_type(const void *at, const struct config *config, struct text *out)
{
	(void)config;
	text_add(out, type_word(*(const enum resource_type *)at));
	return true;
}

enum code take_use(const struct field *field, void *at, const char *text, struct error *error)
{
	const char *const words[] = {use_word(USE_OFF), use_word(USE_AUTO), use_word(USE_REQUIRED)};
	uint8_t choice;
	(void)field;
	enum code code = choose(text, words, sizeof words / sizeof *words, &choice, error);
	if (code == CODE_OK)
		*(enum config_use *)at = (enum config_use)choice;
	return code;
}

bool format_use(const void *at, const struct config *config, struct text *out)
{
	(void)config;
	text_add(out, use_word(*(const enum config_use *)at));
	return true;
}

enum code take_escalate(const struct field *field, void *at, const char *text, struct error *error)
{
	const char *const words[] = {escalate_word(ESCALATE_NONE), escalate_word(ESCALATE_REBOOT)};
	uint8_t choice;
	(void)field;
	enum code code = choose(text, words, sizeof words / sizeof *words, &choice, error);
	if (code == CODE_OK)
		*(enum config_escalate *)at = (enum config_escalate)choice;
	return code;
}

bool format_escalate(const void *at, const struct config *config, struct text *out)
{
	(void)config;
	text_add(out, escalate_word(*(const enum config_escalate *)at));
	return true;
}

enum code take_fences(const struct field *field, void *at, const char *text, struct error *error)
{
	uint8_t choice;
	(void)field;
	enum code code =
	    choose(text, fences_words, sizeof fences_words / sizeof *fences_words, &choice, error);
	if (code == CODE_OK)
		*(bool *)at = choice == 1;
	return code;
}

bool format_fences(const void *at, const struct config *config, struct text *out)
{
	(void)config;
	text_add(out, fences_words[*(const bool *)at ? 1 : 0]);
	return true;
}
