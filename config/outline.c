/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Section headers to places in struct config. A table says what each kind of section is made of and
 * how many there may be.
 */
#include "config/outline.h"

#include <stdio.h>
#include <string.h>

#include "config/nearest.h"
#include "config/value.h"

/* Members count as one kind: node or witness, a name is taken once, and both share the limit. */
static uint8_t add_member(struct config *config, const char *name, bool is_node)
{
	struct setup_member *member = &config->setup.members[config->setup.member_count];
	member->is_node = is_node;
	snprintf(member->name, sizeof member->name, "%s", name);
	return config->setup.member_count++;
}

static uint8_t add_cluster(struct config *config, const char *name)
{
	(void)config;
	(void)name;
	return 0;
}

static uint8_t add_node(struct config *config, const char *name)
{
	return add_member(config, name, true);
}

static uint8_t add_witness(struct config *config, const char *name)
{
	return add_member(config, name, false);
}

static uint8_t add_role(struct config *config, const char *name)
{
	struct setup_role *role = &config->setup.roles[config->setup.role_count];
	snprintf(role->name, sizeof role->name, "%s", name);
	return config->setup.role_count++;
}

static uint8_t add_resource(struct config *config, const char *name)
{
	struct config_resource *resource = &config->resources[config->resource_count];
	snprintf(resource->name, sizeof resource->name, "%s", name);
	return config->resource_count++;
}

static uint8_t add_fence(struct config *config, const char *name)
{
	struct config_fence *fence = &config->fences[config->fence_count];
	fence->member = NO_MEMBER;
	snprintf(fence->name, sizeof fence->name, "%s", name);
	return config->fence_count++;
}

static const struct group {
	unsigned alike; /* set of section kinds that share names and the limit */
	unsigned limit;
	const char *plural;
	uint8_t (*add)(struct config *config, const char *name);
} groups[SECTIONS] = {
    [SECTION_CLUSTER] = {1 << SECTION_CLUSTER, 1, "clusters", add_cluster},
    [SECTION_NODE] = {1 << SECTION_NODE | 1 << SECTION_WITNESS, MEMBERS_MAX,
                      "nodes and witnesses together", add_node},
    [SECTION_WITNESS] = {1 << SECTION_NODE | 1 << SECTION_WITNESS, MEMBERS_MAX,
                         "nodes and witnesses together", add_witness},
    [SECTION_ROLE] = {1 << SECTION_ROLE, ROLES_MAX, "roles", add_role},
    [SECTION_RESOURCE] = {1 << SECTION_RESOURCE, CONFIG_RESOURCES_MAX, "resources", add_resource},
    [SECTION_FENCE] = {1 << SECTION_FENCE, CONFIG_FENCES_MAX, "fence agents", add_fence},
};

/* SECTIONS: none, and nothing near. */
static int kind_of(struct draft *draft, unsigned line, const char *word)
{
	struct guess guess = guess_of(word);
	char sentence[GUESS_SENTENCE_BYTES];
	int kind = 0;
	for (int i = 0; i < SECTIONS; i++)
		guess_offer(&guess, section_word((enum section_kind)i));
	while (kind < SECTIONS && strcmp(section_word((enum section_kind)kind), word) != 0)
		kind++;
	if (kind < SECTIONS)
		return kind;
	guess_sentence(&guess, sentence);
	findings_error(draft->findings, line, "there is no section [%s]; %s", excerpt_of(word).text,
	               sentence);
	for (kind = 0; kind < SECTIONS; kind++)
		if (strcmp(section_word((enum section_kind)kind), guess.best) == 0)
			break;
	return kind;
}

/* "beta", or "beta 2" for the second agent of a node. The node is looked up when all are known. */
static enum code read_fence_name(const char *text, char name[FENCE_NAME_BYTES], struct error *error)
{
	char node[NAME_BYTES], word[CONFIG_LINE_BYTES];
	size_t length = strcspn(text, " \t");
	const char *number = text + length + strspn(text + length, " \t");
	uint32_t turn = 1;
	snprintf(word, sizeof word, "%.*s", (int)length, text);
	enum code code = value_name(word, node, error);
	if (code == CODE_OK && *number != '\0' &&
	    value_number(number, 2, CONFIG_NODE_FENCES_MAX, &turn, NULL) != CODE_OK)
		code = error_set(error, CODE_INVALID,
		                 "'%s' is behind the node; expected nothing for its first agent, "
		                 "and 2 to %d for those that are tried after it",
		                 excerpt_of(number).text, CONFIG_NODE_FENCES_MAX);
	if (code == CODE_OK && turn == 1)
		snprintf(name, FENCE_NAME_BYTES, "%s", node);
	else if (code == CODE_OK)
		snprintf(name, FENCE_NAME_BYTES, "%s %u", node, (unsigned)turn % 10);
	return code;
}

/* False: refused, and told; `name` is empty then. */
static bool read_name(struct draft *draft, struct section *section, const char *text,
                      char name[FENCE_NAME_BYTES])
{
	struct error error;
	const char *word = section_word(section->kind);
	*name = '\0';
	if (section->kind == SECTION_CLUSTER) {
		if (*text != '\0')
			findings_error(draft->findings, section->line,
			               "[cluster] takes no name here; write name = %s below it",
			               excerpt_of(text).text);
		return *text == '\0';
	}
	if (*text == '\0') {
		findings_error(draft->findings, section->line,
		               "[%s] has no name; expected [%s NAME]", word, word);
		return false;
	}
	enum code code = section->kind == SECTION_FENCE ? read_fence_name(text, name, &error)
	                                                : value_name(text, name, &error);
	if (code == CODE_OK)
		return true;
	findings_error(draft->findings, section->line, "[%s]: %s", word, error.text);
	return false;
}

static const struct section *namesake(const struct draft *draft, const struct section *section,
                                      const char *name)
{
	const struct group *group = &groups[section->kind];
	for (unsigned i = 0; i < draft->section_count; i++) {
		const struct section *other = &draft->sections[i];
		if ((group->alike >> other->kind & 1) != 0 &&
		    strcmp(draft_name(draft, other), name) == 0)
			return other;
	}
	return NULL;
}

static unsigned count_alike(const struct draft *draft, enum section_kind kind)
{
	unsigned count = 0;
	for (unsigned i = 0; i < draft->section_count; i++)
		count += groups[kind].alike >> draft->sections[i].kind & 1;
	return count;
}

/* False: it stands there already, which is told. */
static bool is_new(struct draft *draft, const struct section *section, const char *name)
{
	char title[SECTION_TITLE_BYTES];
	const struct section *other = namesake(draft, section, name);
	if (other == NULL)
		return true;
	draft_title(draft, other, title);
	findings_error(draft->findings, section->line, "there is a %s in line %u already", title,
	               other->line);
	return false;
}

void outline_section(struct draft *draft, unsigned line, const char *inside)
{
	char text[CONFIG_LINE_BYTES], name[FENCE_NAME_BYTES];
	size_t length = strlen(inside);
	while (length > 0 && strchr(" \t", inside[length - 1]) != NULL)
		length--;
	snprintf(text, sizeof text, "%.*s", (int)length, inside);
	char *word = text + strspn(text, " \t");
	char *rest = word + strcspn(word, " \t");
	if (*rest != '\0')
		*rest++ = '\0';
	rest += strspn(rest, " \t");
	unsigned errors = draft->findings->errors;
	int kind = kind_of(draft, line, word);
	draft->is_partial = draft->is_partial || draft->findings->errors > errors;
	if (kind == SECTIONS)
		return;
	struct section section = {.kind = (enum section_kind)kind, .line = line};
	section.stray = !read_name(draft, &section, rest, name) || !is_new(draft, &section, name);
	draft->is_partial = draft->is_partial || section.stray;
	if (count_alike(draft, section.kind) < groups[kind].limit) {
		section.index = groups[kind].add(draft->config, name);
		draft->sections[draft->section_count++] = section;
	} else if (section.kind != SECTION_CLUSTER) {
		draft->is_partial = true;
		findings_error(draft->findings, line, "there are more than %u %s",
		               groups[kind].limit, groups[kind].plural);
	}
}

/* NO_MEMBER: there is no such node, which is told. */
static uint8_t find_node(struct draft *draft, struct section *section, const char *name)
{
	const struct setup *setup = &draft->config->setup;
	struct guess guess = guess_of(name);
	char sentence[GUESS_SENTENCE_BYTES];
	for (uint8_t i = 0; i < setup->member_count; i++) {
		const struct setup_member *member = &setup->members[i];
		if (strcmp(member->name, name) != 0) {
			if (member->is_node)
				guess_offer(&guess, member->name);
			continue;
		}
		if (member->is_node)
			return i;
		findings_error(draft->findings, section->line,
		               "'%s' is a witness, which owns nothing; only nodes are fenced",
		               name);
		return NO_MEMBER;
	}
	guess_sentence(&guess, sentence);
	findings_error(draft->findings, section->line, "there is no node '%s'; %s", name, sentence);
	return NO_MEMBER;
}

void outline_finish(struct draft *draft)
{
	for (unsigned i = 0; i < draft->section_count; i++) {
		struct section *section = &draft->sections[i];
		if (section->kind != SECTION_FENCE || section->stray)
			continue;
		struct config_fence *fence = &draft->config->fences[section->index];
		char name[NAME_BYTES];
		size_t length = strcspn(fence->name, " ");
		snprintf(name, sizeof name, "%.*s", (int)length, fence->name);
		fence->turn = 1;
		if (fence->name[length] != '\0')
			fence->turn = (uint8_t)(fence->name[length + 1] - '0');
		fence->member = find_node(draft, section, name);
		section->stray = fence->member == NO_MEMBER;
		draft->is_partial = draft->is_partial || section->stray;
	}
}
