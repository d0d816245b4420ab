/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapping and the two slots. Entries of the ledger are made visible by one atomic store, last; the
 * guard reads an entry only after it saw that store.
 */
#include "daemon/guard/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/file.h"

static const char MAGIC[8] = "FOVDMEM";
enum { LAYOUT_VERSION = 2 };

static uint64_t layout(void)
{
	return (uint64_t)sizeof(struct memory) << 16 | LAYOUT_VERSION;
}

/* Only the roles and peers that are there: a step costs what it must. */
static void checksum(const struct kept *kept, uint64_t generation, uint8_t out[16])
{
	crypto_generichash_state state;
	size_t head = offsetof(struct kept, roles);
	crypto_generichash_init(&state, NULL, 0, 16);
	crypto_generichash_update(&state, (const uint8_t *)&generation, sizeof generation);
	crypto_generichash_update(&state, (const uint8_t *)kept, head);
	crypto_generichash_update(&state, (const uint8_t *)kept->roles,
	                          kept->role_count * sizeof kept->roles[0]);
	crypto_generichash_final(&state, out, 16);
}

static bool is_whole(const struct memory_slot *slot)
{
	uint8_t expected[16];
	if (slot->generation == 0 || slot->kept.role_count > ROLES_MAX ||
	    slot->kept.peer_count > MEMBERS_MAX)
		return false;
	checksum(&slot->kept, slot->generation, expected);
	return sodium_memcmp(expected, slot->checksum, sizeof expected) == 0;
}

static bool is_ours(const struct memory *memory, const struct boot *boot)
{
	return memcmp(memory->magic, MAGIC, sizeof MAGIC) == 0 && memory->layout == layout() &&
	       memcmp(&memory->boot, boot, sizeof *boot) == 0;
}

static void make_new(struct memory *memory, const struct boot *boot)
{
	memset(memory, 0, sizeof *memory);
	memory->boot = *boot;
	memory->layout = layout();
	memcpy(memory->magic, MAGIC, sizeof MAGIC);
}

static enum code map_file(const char *path, struct memory **memory, struct error *error)
{
	struct stat info;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_set(error, errno == EACCES ? CODE_DENIED : CODE_SYSTEM, "%s: %s", path,
		                 strerror(errno));
	enum code code = CODE_OK;
	/* Another size is another program's; what is missing reads as zero and is not believed.
	 * Space is taken now: a full file system must not kill the worker at a later store. */
	int failed = fstat(fd, &info) != 0 ? errno : 0;
	if (failed == 0 && info.st_size != (off_t)sizeof **memory && ftruncate(fd, 0) != 0)
		failed = errno;
	if (failed == 0)
		failed = posix_fallocate(fd, 0, (off_t)sizeof **memory);
	void *mapped = MAP_FAILED;
	if (failed == 0) {
		mapped = mmap(NULL, sizeof **memory, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		failed = mapped == MAP_FAILED ? errno : 0;
	}
	if (failed != 0)
		code = error_set(error, CODE_SYSTEM, "%s: %s", path, strerror(failed));
	else
		*memory = mapped;
	close(fd);
	return code;
}

enum code memory_open(struct memory **memory, const char *run_dir, bool *fresh, struct error *error)
{
	char path[FILE_PATH_BYTES];
	struct boot boot;
	struct memory *mapped = NULL;
	enum code code = platform_boot(&boot, error);
	if (code == CODE_OK)
		code = file_path(path, run_dir, "memory", error);
	if (code == CODE_OK)
		code = map_file(path, &mapped, error);
	if (code != CODE_OK)
		return code;
	*fresh = !is_ours(mapped, &boot);
	if (*fresh)
		make_new(mapped, &boot);
	*memory = mapped;
	return CODE_OK;
}

enum code memory_find(struct memory **memory, const char *run_dir, struct error *error)
{
	char path[FILE_PATH_BYTES];
	struct boot boot;
	struct stat info;
	enum code code = platform_boot(&boot, error);
	if (code == CODE_OK)
		code = file_path(path, run_dir, "memory", error);
	if (code != CODE_OK)
		return code;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno != ENOENT)
		return error_set(error, errno == EACCES ? CODE_DENIED : CODE_SYSTEM, "%s: %s", path,
		                 strerror(errno));
	void *mapped = MAP_FAILED;
	if (fd >= 0 && fstat(fd, &info) == 0 && info.st_size == (off_t)sizeof **memory)
		mapped = mmap(NULL, sizeof **memory, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (mapped == MAP_FAILED || !is_ours(mapped, &boot)) {
		memory_close(mapped == MAP_FAILED ? NULL : mapped);
		return error_set(error, CODE_NOT_FOUND, "%s: nothing that can be used", path);
	}
	*memory = mapped;
	return CODE_OK;
}

void memory_close(struct memory *memory)
{
	if (memory != NULL)
		munmap(memory, sizeof *memory);
}

void memory_keep(struct memory *memory, const struct kept *kept)
{
	struct memory_slot *a = &memory->slots[0], *b = &memory->slots[1];
	struct memory_slot *older = a->generation <= b->generation ? a : b;
	uint64_t newest = a->generation > b->generation ? a->generation : b->generation;
	/* While it is being written it is nobody's newest. */
	older->generation = 0;
	atomic_thread_fence(memory_order_release);
	memcpy(&older->kept, kept, offsetof(struct kept, roles));
	memcpy(older->kept.roles, kept->roles, kept->role_count * sizeof kept->roles[0]);
	checksum(kept, newest + 1, older->checksum);
	atomic_thread_fence(memory_order_release);
	older->generation = newest + 1;
}

bool memory_kept(const struct memory *memory, struct kept *kept)
{
	const struct memory_slot *best = NULL;
	for (size_t i = 0; i < 2; i++) {
		const struct memory_slot *slot = &memory->slots[i];
		if (is_whole(slot) && (best == NULL || slot->generation > best->generation))
			best = slot;
	}
	if (best == NULL)
		return false;
	*kept = best->kept;
	return true;
}

static struct ledger_role *role_of(struct memory *memory, uint64_t id)
{
	for (size_t i = 0; i < ROLES_MAX; i++)
		if (atomic_load(&memory->roles[i].id) == id)
			return &memory->roles[i];
	return NULL;
}

/* Of a role that the configuration no longer has: as many places as roles. */
static struct ledger_role *stalest_role(struct memory *memory)
{
	struct ledger_role *stalest = &memory->roles[0];
	for (size_t i = 1; i < ROLES_MAX; i++)
		if (atomic_load(&memory->roles[i].lease_end) < atomic_load(&stalest->lease_end))
			stalest = &memory->roles[i];
	atomic_store(&stalest->id, 0);
	atomic_store(&stalest->enforced, 0);
	return stalest;
}

void memory_claim(struct memory *memory, struct memory_owner owner)
{
	bool is_same =
	    memory->owner.cluster == owner.cluster && memory->owner.member == owner.member;
	if (!is_same)
		memory->slots[0].generation = memory->slots[1].generation = 0;
	memory->owner = owner;
}

void memory_set_lease(struct memory *memory, uint64_t id, struct instant end, struct span release)
{
	struct ledger_role *role = role_of(memory, id);
	if (role == NULL)
		role = role_of(memory, 0);
	if (role == NULL)
		role = stalest_role(memory);
	atomic_store(&role->release, release.ns);
	atomic_store(&role->lease_end, end.ns);
	atomic_store(&role->id, id);
}

static const struct ledger_role *find_role(const struct memory *memory, uint64_t id)
{
	for (size_t i = 0; i < ROLES_MAX; i++)
		if (atomic_load(&memory->roles[i].id) == id)
			return &memory->roles[i];
	return NULL;
}

struct instant memory_end(const struct memory *memory, uint64_t id, enum ledger_kind kind)
{
	const struct ledger_role *role = find_role(memory, id);
	if (role == NULL)
		return INSTANT_PAST;
	struct instant end = {atomic_load(&role->lease_end)};
	struct span release = {atomic_load(&role->release)};
	if (kind == LEDGER_ADDRESS)
		return end;
	return instant_plus(end, span_divided(span_times(release, 3), 4));
}

uint32_t memory_enforced(const struct memory *memory, uint64_t id)
{
	const struct ledger_role *role = find_role(memory, id);
	return role == NULL ? 0 : atomic_load(&role->enforced);
}

static struct ledger_entry *entry_of(struct memory *memory, enum ledger_kind kind,
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

static struct ledger_entry *free_entry(struct memory *memory)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		if (atomic_load(&memory->entries[i].state) == LEDGER_FREE)
			return &memory->entries[i];
	return NULL;
}

bool ledger_add(struct memory *memory, const struct ledger_entry *entry)
{
	struct ledger_entry *place =
	    entry_of(memory, (enum ledger_kind)entry->kind, entry->resource);
	if (place == NULL)
		place = free_entry(memory);
	if (place == NULL)
		return false;
	atomic_store(&place->state, LEDGER_WRITING);
	place->kind = entry->kind;
	place->role = entry->role;
	memcpy(place->resource, entry->resource, sizeof place->resource);
	place->address = entry->address;
	place->child = entry->child;
	atomic_store(&place->state, LEDGER_UP);
	return true;
}

void ledger_drop(struct memory *memory, enum ledger_kind kind, const char *resource)
{
	struct ledger_entry *entry = entry_of(memory, kind, resource);
	if (entry != NULL)
		atomic_store(&entry->state, LEDGER_FREE);
}

const struct ledger_entry *ledger_find(const struct memory *memory, enum ledger_kind kind,
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

bool ledger_is_used(const struct memory *memory)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		if (atomic_load(&memory->entries[i].state) == LEDGER_UP)
			return true;
	return false;
}

bool ledger_was_released(const struct memory *memory, uint64_t role)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		if (atomic_load(&memory->entries[i].state) == LEDGER_RELEASED &&
		    memory->entries[i].role == role)
			return true;
	return false;
}

void memory_release(struct memory *memory)
{
	struct kept kept;
	if (memory_kept(memory, &kept)) {
		for (uint8_t i = 0; i < kept.role_count; i++) {
			kept.roles[i].claim = CLAIM_NONE;
			kept.roles[i].lease_end = INSTANT_PAST;
			kept.roles[i].releasing = false;
			kept.roles[i].phase = PHASE_DOWN;
		}
		memory_keep(memory, &kept);
	}
	for (size_t i = 0; i < ROLES_MAX; i++)
		atomic_store(&memory->roles[i].lease_end, INSTANT_PAST.ns);
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		atomic_store(&memory->entries[i].state, LEDGER_FREE);
}
