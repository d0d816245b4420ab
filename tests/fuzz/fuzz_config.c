/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a configuration file: either there are findings, or what is printed loads to the
 * same struct and prints to the same bytes. Needs no files.
 */
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "config/print.h"

enum { PRINTED_BYTES = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *allocate(size_t size)
{
	void *memory = malloc(size);
	if (memory == NULL)
		abort();
	return memory;
}

/* Every finding is a sentence, errors and code agree, and lines only grow. */
static void check_findings(const struct findings *findings, enum code code)
{
	if ((code == CODE_OK) != (findings->errors == 0))
		abort();
	for (unsigned i = 0; i < findings->count; i++) {
		char line[FINDING_BYTES + 64];
		finding_format(&findings->items[i], "file", line, sizeof line);
		if (*findings->items[i].text == '\0')
			abort();
		if (i > 0 && findings->items[i].line < findings->items[i - 1].line)
			abort();
	}
}

static void check_round_trip(const struct config *config, struct findings *findings)
{
	struct config *again = allocate(sizeof *again);
	char *first = allocate(PRINTED_BYTES), *second = allocate(PRINTED_BYTES);
	size_t first_length = 0, second_length = 0;
	if (config_print(config, first, PRINTED_BYTES, &first_length, NULL) != CODE_OK)
		abort();
	/* A file of short spellings can print to more than a file may have. */
	if (first_length <= CONFIG_FILE_BYTES) {
		if (config_load(first, first_length, NULL, again, findings) != CODE_OK)
			abort();
		if (memcmp(again, config, sizeof *again) != 0)
			abort();
		if (config_print(again, second, PRINTED_BYTES, &second_length, NULL) != CODE_OK)
			abort();
		if (second_length != first_length || memcmp(second, first, first_length) != 0)
			abort();
	}
	free(second);
	free(first);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config = allocate(sizeof *config);
	struct findings *findings = allocate(sizeof *findings);
	enum code code = config_load((const char *)data, size, NULL, config, findings);
	check_findings(findings, code);
	if (code == CODE_OK)
		check_round_trip(config, findings);
	free(findings);
	free(config);
	return 0;
}
