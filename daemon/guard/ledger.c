/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the memory that the guard enforces while the worker writes it. Entries are made
 * visible by one atomic store, last; the guard takes a copy after it saw that store, and believes
 * the copy when the place was not used anew meanwhile.
 */
#include "daemon/guard/shared_memory.h"

#include <string.h>

static struct ledger_role *role_of(struct shared_memory *memory, uint64_t id)
{
	for (size_t i = 0; i < ROLES_MAX; i++)
		if (atomic_load(&memory->roles[i].id) == id)
			return &memory->roles[i];
	return NULL;
}

/* Of a role that the configuration no longer has: as many places as roles. */
static struct ledger_role *stalest_role(struct shared_memory *memory)
{
	struct ledger_role *stalest = &memory->roles[0];
	for (size_t i = 1; i < ROLES_MAX; i++)
		if (atomic_load(&memory->roles[i].lease_end) < atomic_load(&stalest->lease_end))
			stalest = &memory->roles[i];
	atomic_store(&stalest->id, 0);
	atomic_store(&stalest->enforced, 0);
	return stalest;
}

bool shared_memory_set_lease(struct shared_memory *memory, uint64_t id, struct instant end,
                             struct span release)
{
	struct ledger_role *role = role_of(memory, id);
	if (role == NULL)
		role = role_of(memory, 0);
	if (role == NULL)
		role = stalest_role(memory);
	atomic_store(&role->release, release.ns);
	atomic_store(&role->lease_end, end.ns);
	atomic_store(&role->id, id);
	/* Read after the stores: the guard stores this and reads the ends after it, so that one of
	 * the two sees the other. */
	return end.ns > INSTANT_PAST.ns && end.ns < atomic_load(&memory->guard_looks_at);
}

static const struct ledger_role *find_role(const struct shared_memory *memory, uint64_t id)
{
	for (size_t i = 0; i < ROLES_MAX; i++)
		if (atomic_load(&memory->roles[i].id) == id)
			return &memory->roles[i];
	return NULL;
}

static struct instant end_of(const struct ledger_role *role, enum ledger_kind kind)
{
	struct instant end = {atomic_load(&role->lease_end)};
	struct span release = {atomic_load(&role->release)};
	if (kind == LEDGER_ADDRESS)
		return end;
	return instant_plus(end, span_divided(span_times(release, 3), 4));
}

struct instant shared_memory_end(const struct shared_memory *memory, uint64_t id,
                                 enum ledger_kind kind)
{
	const struct ledger_role *role = find_role(memory, id);
	if (role == NULL)
		return INSTANT_PAST;
	struct instant end = end_of(role, kind);
	/* The place may have become another role's. */
	return atomic_load(&role->id) == id ? end : INSTANT_PAST;
}

struct instant shared_memory_next_end(const struct shared_memory *memory, struct instant now)
{
	struct instant next = INSTANT_NEVER;
	for (size_t i = 0; i < ROLES_MAX; i++) {
		const struct ledger_role *role = &memory->roles[i];
		const struct instant ends[] = {end_of(role, LEDGER_ADDRESS),
		                               end_of(role, LEDGER_CHILD)};
		if (atomic_load(&role->id) == 0)
			continue;
		for (size_t k = 0; k < 2; k++)
			if (instant_before(now, ends[k]))
				next = instant_earlier(next, ends[k]);
	}
	return next;
}

struct instant shared_memory_guard_sleeps(struct shared_memory *memory, struct instant now,
                                          struct instant at)
{
	atomic_store(&memory->guard_looks_at, at.ns);
	return instant_earlier(at, shared_memory_next_end(memory, now));
}

uint32_t shared_memory_enforced(const struct shared_memory *memory, uint64_t id)
{
	const struct ledger_role *role = find_role(memory, id);
	return role == NULL ? 0 : atomic_load(&role->enforced);
}

static struct ledger_entry *entry_of(struct shared_memory *memory, enum ledger_kind kind,
                                     const char *resource)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++) {
		struct ledger_entry *entry = &memory->entries[i];
		if (atomic_load(&entry->state) != LEDGER_FREE && entry->kind == (uint32_t)kind &&
		    strcmp(entry->resource, resource) == 0)
			return entry;
	}
	return NULL;
}

static struct ledger_entry *free_entry(struct shared_memory *memory)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		if (atomic_load(&memory->entries[i].state) == LEDGER_FREE)
			return &memory->entries[i];
	return NULL;
}

static void copy_content(struct ledger_entry *to, const struct ledger_entry *from)
{
	to->kind = from->kind;
	to->role = from->role;
	memcpy(to->resource, from->resource, sizeof to->resource);
	to->address = from->address;
	to->child = from->child;
}

/* In another place than what stands there of the resource, so that a worker that dies meanwhile
 * leaves one of the two. */
bool ledger_add(struct shared_memory *memory, const struct ledger_entry *entry)
{
	struct ledger_entry *before =
	    entry_of(memory, (enum ledger_kind)entry->kind, entry->resource);
	struct ledger_entry *place = free_entry(memory);
	if (place == NULL)
		place = before;
	if (place == NULL)
		return false;
	atomic_store(&place->state, LEDGER_WRITING);
	atomic_fetch_add(&place->uses, 1);
	atomic_thread_fence(memory_order_seq_cst);
	copy_content(place, entry);
	atomic_store(&place->state, LEDGER_UP);
	if (before != NULL && before != place)
		atomic_store(&before->state, LEDGER_FREE);
	return true;
}

bool ledger_read(const struct shared_memory *memory, size_t i, struct ledger_entry *entry)
{
	const struct ledger_entry *place = &memory->entries[i];
	uint32_t uses = atomic_load(&place->uses);
	if (atomic_load(&place->state) != LEDGER_UP)
		return false;
	copy_content(entry, place);
	atomic_thread_fence(memory_order_seq_cst);
	atomic_store(&entry->uses, uses);
	atomic_store(&entry->state, LEDGER_UP);
	return atomic_load(&place->uses) == uses && atomic_load(&place->state) == LEDGER_UP;
}

bool ledger_release(struct shared_memory *memory, size_t i, const struct ledger_entry *entry)
{
	struct ledger_entry *place = &memory->entries[i];
	uint32_t up = LEDGER_UP, released = LEDGER_RELEASED;
	uint32_t uses = atomic_load(&entry->uses);
	if (atomic_load(&place->uses) != uses ||
	    !atomic_compare_exchange_strong(&place->state, &up, LEDGER_RELEASED))
		return false;
	if (atomic_load(&place->uses) == uses)
		return true;
	/* It became another entry at this very moment, which nobody brought down. */
	(void)atomic_compare_exchange_strong(&place->state, &released, LEDGER_UP);
	return false;
}

void ledger_drop(struct shared_memory *memory, enum ledger_kind kind, const char *resource)
{
	/* Two, when a worker died between writing the one and freeing the other. */
	for (struct ledger_entry *entry; (entry = entry_of(memory, kind, resource)) != NULL;)
		atomic_store(&entry->state, LEDGER_FREE);
}

const struct ledger_entry *ledger_find(const struct shared_memory *memory, enum ledger_kind kind,
                                       const char *resource)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++) {
		const struct ledger_entry *entry = &memory->entries[i];
		uint32_t state = atomic_load(&entry->state);
		if ((state == LEDGER_UP || state == LEDGER_RELEASED) &&
		    entry->kind == (uint32_t)kind && strcmp(entry->resource, resource) == 0)
			return entry;
	}
	return NULL;
}

bool ledger_is_used(const struct shared_memory *memory)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		if (atomic_load(&memory->entries[i].state) == LEDGER_UP)
			return true;
	return false;
}

bool ledger_was_released(const struct shared_memory *memory, uint64_t role)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		if (atomic_load(&memory->entries[i].state) == LEDGER_RELEASED &&
		    memory->entries[i].role == role)
			return true;
	return false;
}

void shared_memory_release(struct shared_memory *memory)
{
	struct kept kept;
	if (shared_memory_kept(memory, &kept)) {
		for (uint8_t i = 0; i < kept.role_count; i++) {
			kept.roles[i].claim = CLAIM_NONE;
			kept.roles[i].lease_end = INSTANT_PAST;
			kept.roles[i].releasing = false;
			kept.roles[i].phase = PHASE_DOWN;
		}
		shared_memory_keep(memory, &kept);
	}
	for (size_t i = 0; i < ROLES_MAX; i++)
		atomic_store(&memory->roles[i].lease_end, INSTANT_PAST.ns);
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		atomic_store(&memory->entries[i].state, LEDGER_FREE);
}
