/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the rows of the schema, one line each, for the test that compares them with the manual:
 * section, types or "-", key, facts, separated by tabs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "config/schema.h"

static void print_sections(const struct row *row)
{
	const char *before = "";
	for (unsigned i = 0; i < SECTIONS; i++) {
		if (!row_is_in(row, (enum section_kind)i))
			continue;
		printf("%s%s", before, section_word((enum section_kind)i));
		before = ",";
	}
}

static void print_types(const struct row *row)
{
	const char *before = "";
	if (row->types == 0)
		printf("-");
	for (unsigned i = 0; row->types != 0 && i < RESOURCE_TYPES; i++) {
		if (!row_has_type(row, (enum resource_type)i))
			continue;
		printf("%s%s", before, type_word((enum resource_type)i));
		before = ",";
	}
}

int main(void)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = schema_row(i);
		char facts[ROW_FACTS_BYTES];
		row_facts(row, facts);
		print_sections(row);
		printf("\t");
		print_types(row);
		printf("\t%s\t%s\n", row->key, facts);
	}
	return EXIT_SUCCESS;
}
