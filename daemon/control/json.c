/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of the status document.
 */
#include "daemon/control/json.h"

enum { SENTENCE_BYTES = 512 };

void json_number(cJSON *to, const char *name, uint64_t value)
{
	(void)cJSON_AddNumberToObject(to, name, (double)value);
}

void json_ms(cJSON *to, const char *name, struct span span)
{
	(void)cJSON_AddNumberToObject(to, name, (double)(span.ns / 1000000));
}

/* Text of scripts and of the system goes to terminals and JSON parsers: plain ASCII only. */
static void make_printable(const char *text, char out[SENTENCE_BYTES])
{
	size_t length = 0;

	for (; text[length] != '\0' && length < SENTENCE_BYTES - 1; length++)
		out[length] = text[length] >= ' ' && text[length] <= '~' ? text[length] : '?';
	out[length] = '\0';
}

/* The text, or null when it is empty or `says` is false. */
void json_text(cJSON *to, const char *name, const char *text, bool says)
{
	char printable[SENTENCE_BYTES];

	make_printable(text, printable);
	if (says && text[0] != '\0')
		(void)cJSON_AddStringToObject(to, name, printable);
	else
		(void)cJSON_AddNullToObject(to, name);
}

void json_sentence(cJSON *list, const char *sentence)
{
	char printable[SENTENCE_BYTES];

	make_printable(sentence, printable);
	(void)cJSON_AddItemToArray(list, cJSON_CreateString(printable));
}

/* {"bad-tag": 3}: only what was refused at all. */
void json_refused(cJSON *to, const uint64_t counts[REFUSALS])
{
	cJSON *refused = cJSON_AddObjectToObject(to, "refused");

	for (unsigned i = REFUSAL_JUNK; i < REFUSALS; i++) {
		if (counts[i] > 0)
			json_number(refused, refusal_word((enum refusal)i), counts[i]);
	}
}
