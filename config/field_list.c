/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists, item by item. An item twice in one list is refused here; what must not be in two sections
 * is the business of check.c.
 */
#include "config/field_list.h"

#include <string.h>

#include "config/nearest.h"
#include "config/print.h"
#include "config/value.h"

static enum code too_many(size_t limit, const char *what, struct error *error)
{
	return error_set(error, CODE_TOO_LARGE, "there are more than %zu %s", limit, what);
}

enum code take_member_address(const struct field *field, void *at, const char *text,
                              struct error *error)
{
	struct config_member *member = at;
	struct address address;
	(void)field;
	enum code code = value_address(text, &address, error);
	if (code != CODE_OK)
		return code;
	for (uint8_t i = 0; i < member->address_count; i++)
		if (memcmp(&member->addresses[i], &address, sizeof address) == 0)
			return error_set(error, CODE_INVALID, "'%s' is listed twice", text);
	if (member->address_count == PATHS_MAX)
		return too_many(PATHS_MAX, "addresses", error);
	member->addresses[member->address_count++] = address;
	return CODE_OK;
}

bool format_member_addresses(const void *at, const struct config *config, struct text *out)
{
	const struct config_member *member = at;
	const size_t start = out->length;
	(void)config;
	for (uint8_t i = 0; i < member->address_count; i++) {
		char text[ADDRESS_TEXT_BYTES];
		address_format(&member->addresses[i], text);
		text_add_item(out, start, text);
	}
	return member->address_count > 0;
}

enum code take_member_key(const struct field *field, void *at, const char *text,
                          struct error *error)
{
	struct config_member *member = at;
	struct public_key key;
	(void)field;
	enum code code = value_key(text, &key, error);
	if (code != CODE_OK)
		return code;
	for (uint8_t i = 0; i < member->key_count; i++)
		if (memcmp(&member->keys[i], &key, sizeof key) == 0)
			return error_set(error, CODE_INVALID, "the same key is listed twice");
	if (member->key_count == SEAL_KEYS_MAX)
		return too_many(SEAL_KEYS_MAX, "keys", error);
	member->keys[member->key_count++] = key;
	return CODE_OK;
}

bool format_member_keys(const void *at, const struct config *config, struct text *out)
{
	const struct config_member *member = at;
	const size_t start = out->length;
	(void)config;
	for (uint8_t i = 0; i < member->key_count; i++) {
		char text[KEY_TEXT_BYTES];
		key_format(&member->keys[i], text);
		text_add_item(out, start, text);
	}
	return member->key_count > 0;
}

static enum code unknown(const struct guess *guess, const char *what, struct error *error)
{
	char sentence[GUESS_SENTENCE_BYTES];
	guess_sentence(guess, sentence);
	return error_set(error, CODE_INVALID, "there is no [%s %s]; %s", what,
	                 excerpt_of(guess->word).text, sentence);
}

/* True when it was in the list already; otherwise it is now. The caller has made sure of the room.
 */
static bool is_listed(const uint8_t *list, uint8_t count, uint8_t item)
{
	return memchr(list, item, count) != NULL;
}

enum code take_role_node(const struct field *field, void *at, const char *text, struct error *error)
{
	const struct setup *setup = &field->config->setup;
	struct setup_role *role = at;
	struct guess guess = guess_of(text);
	for (uint8_t i = 0; i < setup->member_count; i++) {
		const struct setup_member *member = &setup->members[i];
		if (member->is_node)
			guess_offer(&guess, member->name);
		if (strcmp(member->name, text) != 0)
			continue;
		if (!member->is_node)
			return error_set(error, CODE_INVALID,
			                 "'%s' is a witness, which only votes; expected a node",
			                 text);
		if (is_listed(role->nodes, role->node_count, i))
			return error_set(error, CODE_INVALID, "'%s' is listed twice", text);
		role->nodes[role->node_count++] = i;
		return CODE_OK;
	}
	return unknown(&guess, "node", error);
}

bool format_role_nodes(const void *at, const struct config *config, struct text *out)
{
	const struct setup_role *role = at;
	const size_t start = out->length;
	for (uint8_t i = 0; i < role->node_count; i++)
		text_add_item(out, start, config->setup.members[role->nodes[i]].name);
	return role->node_count > 0;
}

enum code take_role_resource(const struct field *field, void *at, const char *text,
                             struct error *error)
{
	const struct config *config = field->config;
	struct config_role *role = at;
	struct guess guess = guess_of(text);
	for (uint8_t i = 0; i < config->resource_count; i++) {
		guess_offer(&guess, config->resources[i].name);
		if (strcmp(config->resources[i].name, text) != 0)
			continue;
		if (is_listed(role->resources, role->resource_count, i))
			return error_set(error, CODE_INVALID, "'%s' is listed twice", text);
		if (role->resource_count == CONFIG_ROLE_RESOURCES_MAX)
			return too_many(CONFIG_ROLE_RESOURCES_MAX, "resources in one role", error);
		role->resources[role->resource_count++] = i;
		return CODE_OK;
	}
	return unknown(&guess, "resource", error);
}

bool format_role_resources(const void *at, const struct config *config, struct text *out)
{
	const struct config_role *role = at;
	const size_t start = out->length;
	for (uint8_t i = 0; i < role->resource_count; i++)
		text_add_item(out, start, config->resources[role->resources[i]].name);
	return role->resource_count > 0;
}
