/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries each rule of rules.c on what it is about and tells each breach, with the line to look at.
 * Has no rule of its own.
 */
#include "config/check.h"

#include <string.h>

#include "config/rules.h"
#include "config/text.h"

struct trial {
	const struct rule *rule;
	struct subject on;
	struct evidence evidence;
};

static bool has_row(const struct section *section, const struct row *row)
{
	return section != NULL && row_is_in(row, section->kind);
}

/* A key of the sections on trial is looked up there; another key, in all sections that have it. */
static bool judges(const struct trial *trial, const struct section *section, const struct row *row)
{
	if (!row_is_in(row, section->kind))
		return false;
	if (has_row(trial->on.a, row) || has_row(trial->on.b, row))
		return section == trial->on.a || section == trial->on.b;
	return true;
}

static const struct row *rule_row(const struct rule *rule, size_t index)
{
	if (index == RULE_KEYS_MAX || rule->keys[index].key == NULL)
		return NULL;
	return row_find(rule->keys[index].kind, rule->keys[index].key);
}

/* False where something that the rule rests on was refused, or is in no section. */
static bool can_be_tried(const struct trial *trial)
{
	const struct draft *draft = trial->on.draft;
	const struct row *row;
	if ((trial->rule->traits & RULE_COUNTS) != 0 && draft->is_partial)
		return false;
	for (size_t i = 0; (row = rule_row(trial->rule, i)) != NULL; i++) {
		bool judged = false;
		for (unsigned j = 0; j < draft->section_count; j++) {
			if (!judges(trial, &draft->sections[j], row))
				continue;
			if (draft_refused(&draft->sections[j], row))
				return false;
			judged = true;
		}
		if (!judged)
			return false;
	}
	return true;
}

/* The later section is blamed before the earlier, a key before its section; 0 is the file. */
static unsigned blamed_line(const struct trial *trial)
{
	const struct section *section = trial->on.b != NULL ? trial->on.b : trial->on.a;
	const struct row *row;
	for (size_t i = 0; (row = rule_row(trial->rule, i)) != NULL; i++) {
		for (unsigned j = trial->on.draft->section_count; j > 0; j--) {
			const struct section *candidate = &trial->on.draft->sections[j - 1];
			bool on_trial = candidate == section;
			if (section == NULL)
				on_trial = candidate->kind == SECTION_CLUSTER;
			if (on_trial && judges(trial, candidate, row) &&
			    candidate->key_lines[row_index(row)] != 0)
				return draft_line(candidate, row);
		}
	}
	return section == NULL ? 0 : section->line;
}

/* The sentence with its {a}, {b}, {x}, {y}, {z} filled in. */
static void fill(const struct trial *trial, struct text *out)
{
	char title[SECTION_TITLE_BYTES];
	text_clear(out);
	for (const char *at = trial->rule->sentence; *at != '\0'; at++) {
		if (*at != '{') {
			text_add_char(out, *at);
			continue;
		}
		char slot = at[1];
		at += 2;
		if (slot == 'a' || slot == 'b') {
			draft_title(trial->on.draft, slot == 'a' ? trial->on.a : trial->on.b,
			            title);
			text_add(out, title);
		} else {
			text_add(out, trial->evidence.text[slot - 'x']);
		}
	}
}

static void try_rule(const struct draft *draft, const struct rule *rule, const struct section *a,
                     const struct section *b)
{
	struct trial trial = {.rule = rule, .on = {.draft = draft, .a = a, .b = b}};
	struct text sentence;
	if (!can_be_tried(&trial) || !rule->is_broken(&trial.on, &trial.evidence))
		return;
	fill(&trial, &sentence);
	if ((rule->traits & RULE_ERROR) != 0)
		findings_error(draft->findings, blamed_line(&trial), "%s", sentence.bytes);
	else
		findings_warning(draft->findings, blamed_line(&trial), "%s", sentence.bytes);
}

static bool is_among(unsigned kinds, const struct section *section)
{
	return (kinds >> section->kind & 1) != 0 && !section->stray;
}

static void try_on_sections(const struct draft *draft, const struct rule *rule)
{
	for (unsigned i = 0; i < draft->section_count; i++) {
		const struct section *a = &draft->sections[i];
		if (!is_among(rule->a, a))
			continue;
		if (rule->b == 0)
			try_rule(draft, rule, a, NULL);
		for (unsigned j = rule->a == rule->b ? i + 1 : 0; j < draft->section_count; j++)
			if (is_among(rule->b, &draft->sections[j]))
				try_rule(draft, rule, a, &draft->sections[j]);
	}
}

void check_rules(const struct draft *draft)
{
	for (size_t i = 0; i < rules_count(); i++) {
		if (rules_at(i)->a == 0)
			try_rule(draft, rules_at(i), NULL, NULL);
		else
			try_on_sections(draft, rules_at(i));
	}
}
