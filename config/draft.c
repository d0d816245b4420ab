/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-ups in a draft. Judges nothing.
 */
#include "config/draft.h"

#include <stdio.h>

unsigned draft_line(const struct section *section, const struct row *row)
{
	unsigned line = section->key_lines[row_index(row)];
	return line == 0 ? section->line : line;
}

bool draft_refused(const struct section *section, const struct row *row)
{
	return (section->refused >> row_index(row) & 1) != 0;
}

void draft_refuse(struct section *section, const struct row *row)
{
	section->refused |= UINT64_C(1) << row_index(row);
}

struct section *draft_section_at(struct draft *draft, unsigned line)
{
	for (unsigned i = 0; i < draft->section_count; i++)
		if (draft->sections[i].line == line)
			return &draft->sections[i];
	return NULL;
}

const char *draft_name(const struct draft *draft, const struct section *section)
{
	const struct config *config = draft->config;
	switch (section->kind) {
	case SECTION_CLUSTER:
		return "";
	case SECTION_NODE:
	case SECTION_WITNESS:
		return config->setup.members[section->index].name;
	case SECTION_ROLE:
		return config->setup.roles[section->index].name;
	case SECTION_RESOURCE:
		return config->resources[section->index].name;
	case SECTION_FENCE:
		return config->fences[section->index].name;
	}
	return "";
}

void draft_title(const struct draft *draft, const struct section *section,
                 char out[SECTION_TITLE_BYTES])
{
	const char *name = draft_name(draft, section);
	snprintf(out, SECTION_TITLE_BYTES, "[%s%s%s]", section_word(section->kind),
	         *name == '\0' ? "" : " ", name);
}
