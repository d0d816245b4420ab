/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration while it is read: the struct as far as it is filled, and for each section of the
 * file where it and its keys stand and which of them were refused. So a rule can name a line, and a
 * mistake is told once: what rests on a refused value is not judged.
 */
#pragma once

#include "config/findings.h"
#include "config/schema.h"

enum {
	DRAFT_SECTIONS_MAX = 1 + MEMBERS_MAX + ROLES_MAX + CONFIG_RESOURCES_MAX + CONFIG_FENCES_MAX
};
static_assert(ROWS <= 64, "a set of rows fits 64 bits");

struct section {
	enum section_kind kind;
	uint8_t index; /* in members, roles, resources or fences of the config */
	uint8_t variant;
	bool has_variant;
	bool stray;       /* its header was refused: its keys are looked at, what it lacks is not */
	uint64_t refused; /* set of rows */
	unsigned line;
	unsigned key_lines[ROWS]; /* 0: not set */
};

struct draft {
	struct config *config;
	const struct public_key *self; /* NULL: nobody in particular */
	struct findings *findings;
	bool is_partial; /* a header was refused: what all sections together lack is not judged */
	unsigned section_count;
	struct section sections[DRAFT_SECTIONS_MAX];
};

/* The line of a key, or of its section when it is not set. */
unsigned draft_line(const struct section *section, const struct row *row);
bool draft_refused(const struct section *section, const struct row *row);
void draft_refuse(struct section *section, const struct row *row);
/* The section at this line, or NULL. */
struct section *draft_section_at(struct draft *draft, unsigned line);
/* "" for [cluster], and for a section whose name was refused. */
const char *draft_name(const struct draft *draft, const struct section *section);
/* "[node alpha]" */
enum { SECTION_TITLE_BYTES = FENCE_NAME_BYTES + 12 };
void draft_title(const struct draft *draft, const struct section *section,
                 char out[SECTION_TITLE_BYTES]);
