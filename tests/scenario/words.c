/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits lines and reads words; copies what it is given.
 */
#include "tests/scenario/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool words_split(const char *line, struct words *words)
{
	memset(words, 0, sizeof *words);
	if (strlen(line) >= sizeof words->bytes)
		return false;
	strncat(words->bytes, line, sizeof words->bytes - 1);
	char *at = words->bytes;
	for (;;) {
		at += strspn(at, " \t");
		if (*at == '\0')
			return true;
		if (words->count == WORDS_MAX - 1)
			return false;
		bool quoted = *at == '"';
		at += quoted;
		words->word[words->count++] = at;
		at += strcspn(at, quoted ? "\"" : " \t");
		if (*at != '\0')
			*at++ = '\0';
	}
}

const char *word_value(const char *word, const char *key)
{
	size_t length = strlen(key);
	return strncmp(word, key, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

bool word_number(const char *word, uint64_t *number)
{
	char *end = NULL;
	if (word == NULL || *word < '0' || *word > '9')
		return false;
	*number = strtoull(word, &end, 10);
	return *end == '\0';
}

bool word_duration(const char *word, int64_t *ns)
{
	static const struct {
		const char *unit;
		int64_t ns;
	} units[] = {{"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}};
	char *end = NULL;
	if (word == NULL || *word < '0' || *word > '9')
		return false;
	int64_t count = strtoll(word, &end, 10);
	for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (strcmp(end, units[i].unit) != 0)
			continue;
		*ns = count * units[i].ns;
		return true;
	}
	return false;
}

bool word_timing(const char *word, struct timing *timing)
{
	static const struct {
		const char *name;
		const char *values;
	} presets[] = {
	    {"lan", "200ms/2s/500ms"}, {"fast", "20ms/200ms/50ms"}, {"wan", "1s/10s/2s"}};
	for (unsigned i = 0; i < sizeof presets / sizeof presets[0]; i++)
		if (strcmp(word, presets[i].name) == 0)
			word = presets[i].values;
	char heartbeat[16], lease[16], release[16];
	return sscanf(word, "%15[^/]/%15[^/]/%15s", heartbeat, lease, release) == 3 &&
	       word_duration(heartbeat, &timing->heartbeat.ns) &&
	       word_duration(lease, &timing->lease.ns) &&
	       word_duration(release, &timing->release.ns);
}
