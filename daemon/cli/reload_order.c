/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this node would drop and another one not yet start would be up nowhere in between.
 */
#include "daemon/cli/reload_order.h"

#include <stdio.h>
#include <string.h>

#include "config/digest.h"

static const cJSON *role_in(const cJSON *status, const char *name)
{
	const cJSON *role;
	cJSON_ArrayForEach(role, cJSON_GetObjectItemCaseSensitive(status, "roles"))
	{
		const char *is =
		    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(role, "name"));
		if (is != NULL && strcmp(is, name) == 0)
			return role;
	}
	return NULL;
}

static const char *owner_of(const cJSON *role)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(role, "owner"));
}

/* It has another definition of the role than this host's daemon, so it was there first. */
static bool has_read_another(const cJSON *role, const char *member)
{
	const cJSON *node;
	cJSON_ArrayForEach(node, cJSON_GetObjectItemCaseSensitive(role, "nodes"))
	{
		const char *is =
		    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, "member"));
		const char *reason =
		    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, "reason"));
		if (is != NULL && reason != NULL && strcmp(is, member) == 0)
			return strcmp(reason, "config-mismatch") == 0;
	}
	return false;
}

/* The role of `config` that has it; role_count: none. */
static uint8_t role_with(const struct config *config, uint32_t identity)
{
	uint8_t role = 0;
	while (role < config->setup.role_count &&
	       !identities_have(&config->setup.roles[role].identities, identity))
		role++;
	return role;
}

/* One resource that role `r` of before has, up here. */
static bool waits_for(const struct config *before, const struct config *after, uint8_t r,
                      const struct config_resource *resource, const cJSON *status, char *why,
                      size_t size)
{
	const char *from = before->setup.roles[r].name;
	uint8_t to = role_with(after, digest_identity(resource));
	if (to == after->setup.role_count || strcmp(after->setup.roles[to].name, from) == 0)
		return false;
	const char *gets = after->setup.roles[to].name;
	const cJSON *role = role_in(status, gets);
	const char *owner = owner_of(role);
	if (owner == NULL || strcmp(owner, after->setup.members[after->setup.self].name) == 0 ||
	    has_read_another(role, owner))
		return false;
	snprintf(
	    why, size,
	    "resource %s, which is up here in role %s, is in role %s of the new file, which "
	    "%s has: change the file and reload %s first, or `failoverd move %s` here, so that "
	    "it is not down in between",
	    resource->name, from, gets, owner, owner, gets);
	return true;
}

bool reload_is_too_early(const struct config *before, const struct config *after,
                         const cJSON *status, char *why, size_t size)
{
	const char *self = after->setup.members[after->setup.self].name;
	for (uint8_t r = 0; r < before->setup.role_count; r++) {
		const char *owner = owner_of(role_in(status, before->setup.roles[r].name));
		if (owner == NULL || strcmp(owner, self) != 0)
			continue;
		for (uint8_t i = 0; i < before->roles[r].resource_count; i++)
			if (waits_for(before, after, r,
			              &before->resources[before->roles[r].resources[i]], status,
			              why, size))
				return true;
	}
	return false;
}
