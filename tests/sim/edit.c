/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each edit is one function of a table.
 */
#include "tests/sim/edit.h"

#include <string.h>

enum { RESOURCES_MAX = 5 };

bool edit_has(const struct setup *file, uint8_t role)
{
	return file->roles[role].node_count > 0;
}

static uint8_t some(const struct setup *file, struct rng *rng, bool has)
{
	uint8_t first = (uint8_t)rng_below(rng, file->role_count);
	for (uint8_t i = 0; i < file->role_count; i++) {
		uint8_t r = (uint8_t)((first + i) % file->role_count);
		if (edit_has(file, r) == has)
			return r;
	}
	return file->role_count;
}

static uint32_t new_identity(struct rng *rng)
{
	return (uint32_t)rng_next(rng);
}

static uint32_t take_out(struct identities *set, uint8_t at)
{
	uint32_t id = set->ids[at];
	set->ids[at] = set->ids[--set->count];
	return id;
}

void edit_add(struct setup *file, uint8_t role, uint8_t members, struct rng *rng)
{
	struct setup_role *out = &file->roles[role];
	out->node_count = 0;
	uint8_t first = (uint8_t)rng_below(rng, members);
	for (uint8_t i = 0; i < members; i++)
		out->nodes[out->node_count++] = (uint8_t)((first + i) % members);
	out->identities.count = 0;
	for (int64_t n = rng_between(rng, 1, 3); n > 0; n--)
		out->identities.ids[out->identities.count++] = new_identity(rng);
}

/* --- edits */

static bool move_resource(struct setup *file, struct rng *rng)
{
	uint8_t from = some(file, rng, true), to = some(file, rng, true);
	struct identities *source = &file->roles[from].identities;
	struct identities *target = &file->roles[to].identities;
	if (from == to || source->count < 2 || target->count >= RESOURCES_MAX)
		return false;
	target->ids[target->count++] = take_out(source, (uint8_t)rng_below(rng, source->count));
	return true;
}

static bool swap_resources(struct setup *file, struct rng *rng)
{
	uint8_t a = some(file, rng, true), b = some(file, rng, true);
	if (a == b)
		return false;
	uint32_t *one = &file->roles[a].identities.ids[0],
		 *other = &file->roles[b].identities.ids[0];
	uint32_t id = *one;
	*one = *other;
	*other = id;
	return true;
}

static bool rename_role(struct setup *file, struct rng *rng)
{
	uint8_t from = some(file, rng, true), to = some(file, rng, false);
	if (to == file->role_count)
		return false;
	struct setup_role *was = &file->roles[from], *is = &file->roles[to];
	is->node_count = was->node_count;
	memcpy(is->nodes, was->nodes, sizeof is->nodes);
	is->identities = was->identities;
	was->node_count = was->identities.count = 0;
	return true;
}

static bool add_role(struct setup *file, struct rng *rng)
{
	uint8_t to = some(file, rng, false);
	if (to == file->role_count)
		return false;
	edit_add(file, to, file->member_count, rng);
	return true;
}

static bool remove_role(struct setup *file, struct rng *rng)
{
	uint8_t from = some(file, rng, true);
	file->roles[from].node_count = file->roles[from].identities.count = 0;
	return some(file, rng, true) != file->role_count;
}

static bool rank_again(struct setup *file, struct rng *rng)
{
	struct setup_role *role = &file->roles[some(file, rng, true)];
	uint8_t first = role->nodes[0];
	memmove(role->nodes, role->nodes + 1, role->node_count - 1u);
	role->nodes[role->node_count - 1] = first;
	return true;
}

static bool drop_node(struct setup *file, struct rng *rng)
{
	struct setup_role *role = &file->roles[some(file, rng, true)];
	if (role->node_count < 2)
		return false;
	uint8_t at = (uint8_t)rng_below(rng, role->node_count);
	role->node_count--;
	memmove(role->nodes + at, role->nodes + at + 1, role->node_count - (size_t)at);
	return true;
}

static bool add_node(struct setup *file, struct rng *rng)
{
	struct setup_role *role = &file->roles[some(file, rng, true)];
	for (uint8_t h = 0; h < file->member_count; h++)
		if (memchr(role->nodes, h, role->node_count) == NULL) {
			role->nodes[role->node_count++] = h;
			return true;
		}
	return false;
}

static bool add_resource(struct setup *file, struct rng *rng)
{
	struct identities *set = &file->roles[some(file, rng, true)].identities;
	if (set->count >= RESOURCES_MAX)
		return false;
	set->ids[set->count++] = new_identity(rng);
	return true;
}

static bool remove_resource(struct setup *file, struct rng *rng)
{
	struct identities *set = &file->roles[some(file, rng, true)].identities;
	if (set->count < 2)
		return false;
	take_out(set, (uint8_t)rng_below(rng, set->count));
	return true;
}

static bool change_resource(struct setup *file, struct rng *rng)
{
	struct identities *set = &file->roles[some(file, rng, true)].identities;
	set->ids[rng_below(rng, set->count)] = new_identity(rng);
	return true;
}

static bool slower(struct setup *file, struct rng *rng)
{
	int64_t times = rng_between(rng, 2, 4);
	file->timing.heartbeat.ns *= times;
	file->timing.lease.ns *= times;
	file->timing.release.ns *= times;
	return true;
}

static bool faster(struct setup *file, struct rng *rng)
{
	int64_t by = rng_between(rng, 2, 4);
	file->timing.heartbeat.ns /= by;
	file->timing.lease.ns /= by;
	file->timing.release.ns /= by;
	return true;
}

static bool other_lease(struct setup *file, struct rng *rng)
{
	file->timing.lease.ns = file->timing.heartbeat.ns * rng_between(rng, 5, 15);
	file->timing.release.ns = file->timing.lease.ns / rng_between(rng, 2, 5);
	return true;
}

static const struct {
	const char *word;
	bool (*edit)(struct setup *file, struct rng *rng);
} edits[] = {
    {"a resource to another role", move_resource},
    {"resources of two roles swapped", swap_resources},
    {"a role renamed", rename_role},
    {"a role added", add_role},
    {"a role removed", remove_role},
    {"nodes in another order", rank_again},
    {"a node less", drop_node},
    {"a node more", add_node},
    {"a resource more", add_resource},
    {"a resource less", remove_resource},
    {"another command", change_resource},
    {"slower timing", slower},
    {"faster timing", faster},
    {"another lease", other_lease},
};

bool edit_draw(struct setup *file, struct rng *rng, const char **word)
{
	struct setup copy = *file;
	uint64_t pick = rng_below(rng, sizeof edits / sizeof edits[0]);
	*word = edits[pick].word;
	if (!edits[pick].edit(&copy, rng))
		return false;
	*file = copy;
	return true;
}

static uint32_t mix(uint32_t digest, uint32_t value)
{
	return (digest ^ value) * UINT32_C(16777619) ^ digest >> 15;
}

void edit_seal(struct setup *file)
{
	uint64_t all = (uint64_t)file->timing.lease.ns ^ (uint64_t)file->timing.release.ns;
	for (uint8_t r = 0; r < file->role_count; r++) {
		struct setup_role *role = &file->roles[r];
		uint32_t digest = 2166136261U;
		for (uint8_t i = 0; i < role->node_count; i++)
			digest = mix(digest, role->nodes[i] + 1u);
		for (uint8_t i = 0; i < role->identities.count; i++)
			digest = mix(digest, role->identities.ids[i]);
		role->definition = role->node_count == 0 ? 0 : digest;
		all = all * 31 + role->definition;
	}
	file->config_digest = all;
}
