/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a text twice: first the outline, then keys and values; then gives defaults to what was not
 * set, says what is missing, and has the rules checked. Goes on after each mistake, so that one run
 * tells all of them.
 */
#include "config/load.h"

#include <assert.h>
#include <string.h>

#include "config/check.h"
#include "config/digest.h"
#include "config/draft.h"
#include "config/field.h"
#include "config/lines.h"
#include "config/nearest.h"
#include "config/option.h"
#include "config/outline.h"
#include "config/value.h"

/* What the second reading knows between two lines. */
struct pass {
	struct draft *draft;
	struct section *section; /* NULL: before the first, or in one that was refused */
	bool in_section;
	struct excerpt comment; /* of the line whose entry follows; "": none */
};

static void outline_fault(void *context, unsigned line, const char *text)
{
	struct draft *draft = context;
	findings_error(draft->findings, line, "%s", text);
}

static void outline_header(void *context, unsigned line, const char *inside)
{
	outline_section(context, line, inside);
}

static void outline_entry(void *context, unsigned line, const char *key, const char *value)
{
	(void)context;
	(void)line;
	(void)key;
	(void)value;
}

static void outline_comment(void *context, unsigned line, const char *text)
{
	(void)context;
	(void)line;
	(void)text;
}

static void keys_comment(void *context, unsigned line, const char *text)
{
	struct pass *pass = context;
	(void)line;
	pass->comment = excerpt_of(text + strspn(text, " \t"));
}

/* Told in the first reading. */
static void keys_fault(void *context, unsigned line, const char *text)
{
	(void)context;
	(void)line;
	(void)text;
}

static void keys_header(void *context, unsigned line, const char *inside)
{
	struct pass *pass = context;
	(void)inside;
	pass->in_section = true;
	pass->section = draft_section_at(pass->draft, line);
}

/* The nearest key counts as refused, so that it is not reported as missing, too. */
static void unknown_key(struct pass *pass, unsigned line, const char *key)
{
	struct guess guess = guess_of(key);
	char sentence[GUESS_SENTENCE_BYTES], title[SECTION_TITLE_BYTES];
	if (pass->draft->findings->errors >= FINDINGS_MAX) {
		pass->draft->findings->errors++; /* not kept, so not worth a guess */
		return;
	}
	for (size_t i = 0; i < ROWS; i++)
		if (row_is_in(schema_row(i), pass->section->kind))
			guess_offer(&guess, schema_row(i)->key);
	guess_sentence(&guess, sentence);
	draft_title(pass->draft, pass->section, title);
	findings_error(pass->draft->findings, line, "there is no key '%s' in %s; %s", key, title,
	               sentence);
	const struct row *meant = row_find(pass->section->kind, guess.best);
	if (meant != NULL)
		draft_refuse(pass->section, meant);
}

/* What is no key of ours in [fence NODE] is an option of its agent; but a slip of the pen is, too.
 */
static void fence_option(struct pass *pass, unsigned line, const char *key, const char *value)
{
	struct findings *findings = pass->draft->findings;
	struct config_fence *fence = &pass->draft->config->fences[pass->section->index];
	struct error error;
	struct guess guess = guess_of(key);
	if (*value == '\0') {
		findings_error(findings, line, "%s: there is no value for this option", key);
		return;
	}
	if (option_add(fence, key, value, &error) != CODE_OK) {
		findings_error(findings, line, "%s", error.text);
		return;
	}
	for (size_t i = 0; i < ROWS; i++)
		if (row_is_in(schema_row(i), SECTION_FENCE))
			guess_offer(&guess, schema_row(i)->key);
	if (*guess.best != '\0')
		findings_warning(findings, line,
		                 "the option '%s' is handed to the agent; did you mean '%s'?", key,
		                 guess.best);
}

/* For a shell a `;` ends a command. Here it begins a comment, so of two commands one would be left
 * out without a word. */
static bool hides_command(struct pass *pass, unsigned line, const struct row *row,
                          const struct excerpt *comment)
{
	if (row->value != VALUE_COMMAND || *comment->text != '/')
		return false;
	findings_error(pass->draft->findings, line,
	               "%s: the ; begins a comment, so '%s' would never run; write /bin/sh -c "
	               "\"...\" with \\; in it, or begin the comment with another word",
	               row->key, comment->text);
	return true;
}

static void keys_entry(void *context, unsigned line, const char *key, const char *value)
{
	struct pass *pass = context;
	const struct excerpt comment = pass->comment;
	*pass->comment.text = '\0';
	struct section *section = pass->section;
	struct findings *findings = pass->draft->findings;
	if (!pass->in_section)
		findings_error(findings, line, "the key '%s' precedes the first section", key);
	if (section == NULL)
		return;
	const struct row *row = row_find(section->kind, key);
	if (row == NULL) {
		if (section->kind == SECTION_FENCE)
			fence_option(pass, line, key, value);
		else
			unknown_key(pass, line, key);
		return;
	}
	unsigned *key_line = &section->key_lines[row_index(row)];
	if (*key_line != 0) {
		findings_error(findings, line, "the key '%s' is already set in line %u", key,
		               *key_line);
		return;
	}
	*key_line = line;
	if (*value == '\0') {
		findings_error(findings, line, "%s: there is no value; expected: %s", key,
		               row_value_word(row));
		draft_refuse(section, row);
		return;
	}
	struct field field = {.row = row,
	                      .config = pass->draft->config,
	                      .index = section->index,
	                      .variant = &section->variant,
	                      .line = line,
	                      .findings = findings};
	if (hides_command(pass, line, row, &comment) || !field_parse(&field, value))
		draft_refuse(section, row);
}

/* A key of another type of resource, when it is set. */
static void refuse_foreign(struct draft *draft, struct section *section, const struct row *row)
{
	if (section->key_lines[row_index(row)] == 0)
		return;
	struct text owners;
	text_clear(&owners);
	for (unsigned i = 0; i < RESOURCE_TYPES; i++) {
		if (!row_has_type(row, (enum resource_type)i))
			continue;
		if (owners.length > 0)
			text_add(&owners, " and ");
		text_add(&owners, type_word((enum resource_type)i));
	}
	findings_error(draft->findings, draft_line(section, row),
	               "the key '%s' belongs to resources of type %s, and this one is of type %s",
	               row->key, owners.bytes, type_word((enum resource_type)section->variant));
}

/* One row of one section: its default, or that it is missing. */
static void complete_row(struct draft *draft, struct section *section, const struct row *row)
{
	if (section->key_lines[row_index(row)] != 0 || draft_refused(section, row))
		return;
	if (row->required) {
		char title[SECTION_TITLE_BYTES];
		draft_title(draft, section, title);
		draft_refuse(section, row);
		if (!section->stray)
			findings_error(draft->findings, section->line, "%s needs a key '%s': %s",
			               title, row->key, row->help);
		return;
	}
	const char *text = row_default(row, section->variant);
	struct field field = {.row = row,
	                      .config = draft->config,
	                      .index = section->index,
	                      .variant = &section->variant,
	                      .findings = draft->findings};
	bool good = text == NULL || field_parse(&field, text);
	assert(good);
	(void)good;
}

/* Rows stand in the order in which they depend on each other: the variant before what it decides.
 */
static void complete_section(struct draft *draft, struct section *section)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = schema_row(i);
		if (!row_is_in(row, section->kind))
			continue;
		if (row->types != 0 && draft_refused(section, row_find(SECTION_RESOURCE, "type")))
			continue;
		if (row_has_type(row, (enum resource_type)section->variant))
			complete_row(draft, section, row);
		else
			refuse_foreign(draft, section, row);
	}
}

/* What follows from names, lists and other sections. */
static void complete_config(struct config *config)
{
	struct setup *setup = &config->setup;
	setup->cluster_id = name_id(config->cluster);
	for (uint8_t i = 0; i < setup->member_count; i++) {
		setup->members[i].id = name_id(setup->members[i].name);
		setup->members[i].path_count = config->members[i].address_count;
		if (config->members[i].port == 0)
			config->members[i].port = config->port;
	}
	for (uint8_t i = 0; i < setup->role_count; i++)
		setup->roles[i].id = name_id(setup->roles[i].name);
	for (uint8_t i = 0; i < config->fence_count; i++) {
		const struct config_fence *fence = &config->fences[i];
		if (fence->member != NO_MEMBER)
			setup->members[fence->member].fence_limit =
			    span_plus(setup->members[fence->member].fence_limit, fence->timeout);
	}
}

static void find_self(struct config *config, const struct public_key *self)
{
	for (uint8_t i = 0; self != NULL && i < config->setup.member_count; i++)
		for (uint8_t j = 0; j < config->members[i].key_count; j++)
			if (memcmp(&config->members[i].keys[j], self, sizeof *self) == 0)
				config->setup.self = i;
}

static void read_text(const char *text, size_t length, struct draft *draft)
{
	struct pass pass = {.draft = draft};
	const struct lines_user outline = {draft, outline_header, outline_entry, outline_comment,
	                                   outline_fault};
	const struct lines_user keys = {&pass, keys_header, keys_entry, keys_comment, keys_fault};
	lines_read(text, length, &outline);
	outline_finish(draft);
	lines_read(text, length, &keys);
	for (unsigned i = 0; i < draft->section_count; i++)
		complete_section(draft, &draft->sections[i]);
}

enum code config_load(const char *text, size_t length, const struct public_key *self,
                      struct config *config, struct findings *findings)
{
	struct draft draft;
	memset(&draft, 0, sizeof draft);
	memset(config, 0, sizeof *config);
	memset(findings, 0, sizeof *findings);
	draft.config = config;
	draft.self = self;
	draft.findings = findings;
	config->setup.self = NO_MEMBER;
	if (length > CONFIG_FILE_BYTES) {
		findings_error(findings, 0, "the file has %zu bytes; at most %d are read", length,
		               CONFIG_FILE_BYTES);
		return CODE_INVALID;
	}
	read_text(text, length, &draft);
	complete_config(config);
	find_self(config, self);
	check_rules(&draft);
	if (findings->errors > 0)
		return CODE_INVALID;
	config->setup.config_digest = digest_config(config);
	digest_identities(config);
	for (uint8_t i = 0; i < config->setup.role_count; i++)
		config->setup.roles[i].definition = digest_role(config, i);
	return CODE_OK;
}
