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

/* False: refused, and told; `name` is empty then. */
static bool read_name(struct draft *draft, struct section *section, const char *text,
                      char name[NAME_BYTES])
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
	if (value_name(text, name, &error) == CODE_OK)
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
	char text[CONFIG_LINE_BYTES], name[NAME_BYTES];
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
