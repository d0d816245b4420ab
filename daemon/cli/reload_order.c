/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule of proto/order.h, for a status document.
 */
#include "daemon/cli/reload_order.h"

#include <stdio.h>
#include <string.h>

#include "config/digest.h"
#include "proto/order.h"

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

static void look(const struct setup *after, const cJSON *status, struct order_role *roles)
{
	for (uint8_t r = 0; r < after->role_count; r++) {
		const cJSON *role = role_in(status, after->roles[r].name);
		const char *owner = owner_of(role);
		roles[r] = (struct order_role){.owner = NO_MEMBER};
		if (owner == NULL)
			continue;
		/* One that the new file does not name has not read it. */
		roles[r].owner = setup_member_of(after, name_id(owner));
		roles[r].has_read_another = has_read_another(role, owner);
	}
}

/* One resource that a role called `from` before has, up here. */
static bool waits_for(const struct setup *after, const char *from,
                      const struct config_resource *resource, const struct order_role *roles,
                      char *why, size_t size)
{
	uint8_t to;
	if (!order_waits_for(after, name_id(from), digest_identity(resource), roles, &to))
		return false;
	const char *gets = after->roles[to].name;
	const char *owner = after->members[roles[to].owner].name;
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
	struct order_role roles[ROLES_MAX];
	look(&after->setup, status, roles);
	for (uint8_t r = 0; r < before->setup.role_count; r++) {
		const char *owner = owner_of(role_in(status, before->setup.roles[r].name));
		if (owner == NULL || strcmp(owner, self) != 0)
			continue;
		for (uint8_t i = 0; i < before->roles[r].resource_count; i++)
			if (waits_for(&after->setup, before->setup.roles[r].name,
			              &before->resources[before->roles[r].resources[i]], roles, why,
			              size))
				return true;
	}
	return false;
}
