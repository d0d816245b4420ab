/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What config/retire.c and daemon/worker/retire.c do for a whole configuration.
 */
#include "tests/world/file.h"

#include <string.h>

#include "tests/world/world.h"

static bool lists(const struct setup_role *role, uint8_t member)
{
	return memchr(role->nodes, member, role->node_count) != NULL;
}

static bool is_kept(const struct host *host, uint64_t id)
{
	const struct kept *kept = &host->layers.kept;
	for (uint8_t i = 0; host->layers.has_kept && i < kept->role_count; i++)
		if (kept->roles[i].role == id)
			return kept->roles[i].claim == CLAIM_HOLDING ||
			       kept->roles[i].claim == CLAIM_RELEASING;
	return false;
}

static void retire(struct setup_role *role, const struct setup_role *was, uint8_t self)
{
	struct setup_role present = *role;
	bool is_known = present.node_count > 0;
	const struct setup_role *others = is_known ? &present : was;
	*role = *was;
	role->node_count = 0;
	for (uint8_t i = 0; i < others->node_count; i++)
		if (others->nodes[i] != self)
			role->nodes[role->node_count++] = others->nodes[i];
	role->nodes[role->node_count++] = self;
	role->fails_back = false;
	role->retired = true;
	role->forgotten = !is_known;
}

void file_follow(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	if (!host->has_file)
		return;
	struct setup before = host->setup;
	host->setup = host->file;
	for (uint8_t r = 0; r < before.role_count; r++)
		if (is_kept(host, before.roles[r].id) && !lists(&host->setup.roles[r], h))
			retire(&host->setup.roles[r], &before.roles[r], h);
}

void file_replace(struct world *world, uint8_t h, const struct setup *file)
{
	struct host *host = &world->hosts[h];
	host->file = *file;
	host->has_file = true;
	if (file->timing.lease.ns > world->check.grace)
		world->check.grace = file->timing.lease.ns;
	if (!host_is_up(host))
		return;
	story_tell(world, h, "(reads another file)");
	host_crash(world, h, false, false);
	world_plan(world, 0, &(struct happening){.kind = HAPPEN_BOOT, .host = h});
}
