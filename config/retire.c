/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resources are appended: what they are called may be a name that the present configuration
 * uses for another.
 */
#include "config/retire.h"

#include <string.h>

static bool lists(const struct setup_role *role, uint8_t member)
{
	return memchr(role->nodes, member, role->node_count) != NULL;
}

/* The nodes of before that are members still. */
static void translate_nodes(const struct setup *setup, const struct setup *before,
                            struct setup_role *role)
{
	struct setup_role as_it_was = *role;
	role->node_count = 0;
	for (uint8_t i = 0; i < as_it_was.node_count; i++) {
		uint64_t id = before->members[as_it_was.nodes[i]].id;
		uint8_t member = setup_member_of(setup, id);
		if (member != NO_MEMBER && member != setup->self)
			role->nodes[role->node_count++] = member;
	}
}

static void take_resources(struct config *config, const struct config *before,
                           const struct config_role *from, struct config_role *to)
{
	to->resource_count = 0;
	for (uint8_t i = 0; i < from->resource_count; i++) {
		config->resources[config->resource_count] = before->resources[from->resources[i]];
		to->resources[to->resource_count++] = config->resource_count++;
	}
}

bool config_retire(struct config *config, const struct config *before, uint8_t index)
{
	struct setup *setup = &config->setup;
	const struct setup_role *was = &before->setup.roles[index];
	uint8_t at = setup_role_of(setup, was->id);
	bool is_known = at < setup->role_count;
	if (is_known && lists(&setup->roles[at], setup->self))
		return true;
	if (at == ROLES_MAX ||
	    config->resource_count + before->roles[index].resource_count > CONFIG_RESOURCES_MAX)
		return false;
	struct setup_role *role = &setup->roles[at];
	struct setup_role present = *role;
	*role = *was;
	if (is_known) {
		memcpy(role->nodes, present.nodes, sizeof role->nodes);
		role->node_count = present.node_count;
	} else {
		translate_nodes(setup, &before->setup, role);
		setup->role_count++;
	}
	/* Last, and each member once, so there is room. */
	role->nodes[role->node_count++] = setup->self;
	role->fails_back = false;
	role->retired = true;
	role->forgotten = !is_known;
	take_resources(config, before, &before->roles[index], &config->roles[at]);
	return true;
}
