/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of rules between values, each with the sentence that its breach is told with. Knows
 * nothing of lines; which section is blamed is the business of check.c.
 */
#pragma once

#include "config/draft.h"
#include "config/evidence.h"

enum {
	RULE_WARNING = 0,
	RULE_ERROR = 1 << 0,
	/* Says what all sections together lack; not tried where a section was refused. */
	RULE_COUNTS = 1 << 1,
};
enum { RULE_KEYS_MAX = 6 };

/* What a rule is tried on. */
struct subject {
	const struct draft *draft;
	const struct section *a, *b; /* NULL: the rule is not about that many */
};

struct rule {
	unsigned traits; /* RULE_ERROR, RULE_COUNTS */
	bool (*is_broken)(const struct subject *on, struct evidence *evidence);
	/* Sets of section kinds. The rule is tried on each section of `a`, with each of `b`; where
	 * both are the same set, on each pair once, `b` being the later one. Empty: on the file. */
	unsigned a, b;
	/* What it judges. The first that is set in the file gives the line; where one was refused,
	 * the rule is not tried. */
	struct {
		enum section_kind kind;
		const char *key;
	} keys[RULE_KEYS_MAX];
	const char *sentence; /* {a} and {b} are the titles of the sections */
};

size_t rules_count(void);
const struct rule *rules_at(size_t index);
