/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapping and the two slots.
 */
#include "daemon/guard/shared_memory.h"

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
enum { LAYOUT_VERSION = 4 };

static uint64_t layout(void)
{
	return (uint64_t)sizeof(struct shared_memory) << 16 | LAYOUT_VERSION;
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

static bool is_of_boot(const struct shared_memory *memory, const struct boot *boot)
{
	return memcmp(memory->magic, MAGIC, sizeof MAGIC) == 0 &&
	       memcmp(&memory->boot, boot, sizeof *boot) == 0;
}

static bool is_ours(const struct shared_memory *memory, const struct boot *boot)
{
	return is_of_boot(memory, boot) && memory->layout == layout();
}

static void make_new(struct shared_memory *memory, const struct boot *boot)
{
	memory->boot = *boot;
	memory->layout = layout();
	atomic_thread_fence(memory_order_release);
	memcpy(memory->magic, MAGIC, sizeof MAGIC);
}

static enum code open_file(const char *path, int *fd, struct error *error)
{
	struct stat info;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (*fd < 0 && errno == ELOOP)
		return error_set(error, CODE_DENIED,
		                 "%s: is a symbolic link, which is not followed: remove it", path);
	if (*fd < 0)
		return error_set(error, errno == EACCES ? CODE_DENIED : CODE_SYSTEM, "%s: %s", path,
		                 strerror(errno));
	if (fstat(*fd, &info) == 0 && S_ISREG(info.st_mode)) {
		file_keep_owner(*fd, path);
		return CODE_OK;
	}
	close(*fd);
	return error_set(error, CODE_DENIED, "%s: is not a file: remove it", path);
}

/* `is_cut`: something is missing at its end, and of what is left nobody can say how old it is. */
static enum code map_file(const char *path, struct shared_memory **memory, bool *is_cut,
                          struct error *error)
{
	int fd;
	struct stat info;
	enum code code = open_file(path, &fd, error);
	if (code != CODE_OK)
		return code;
	*is_cut = fstat(fd, &info) != 0 || info.st_size < (off_t)sizeof **memory;
	/* Taken now: a full file system must not kill the worker at a later store. What is longer
	 * is another program's, and its layout says so. */
	int failed = posix_fallocate(fd, 0, (off_t)sizeof **memory);
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

/* A file of its own: the worker of another version, which may still run, goes on writing to the one
 * it has. Who that is, is taken over: two must not be the same member. */
static enum code replace_file(const char *path, struct shared_memory **memory,
                              const struct boot *boot, struct error *error)
{
	struct shared_memory *old = *memory;
	bool has_worker = is_of_boot(old, boot);
	int64_t pid = has_worker ? atomic_load(&old->worker_pid) : 0;
	uint64_t started = has_worker ? atomic_load(&old->worker_started) : 0;
	shared_memory_close(old);
	if (unlink(path) != 0)
		return error_set(error, CODE_SYSTEM, "%s: remove: %s", path, strerror(errno));
	bool is_cut;
	enum code code = map_file(path, memory, &is_cut, error);
	if (code != CODE_OK)
		return code;
	atomic_store(&(*memory)->worker_pid, pid);
	atomic_store(&(*memory)->worker_started, started);
	make_new(*memory, boot);
	return CODE_OK;
}

enum code shared_memory_open(struct shared_memory **memory, const char *run_dir, bool *fresh,
                             struct error *error)
{
	char path[FILE_PATH_BYTES];
	struct boot boot;
	struct shared_memory *mapped = NULL;
	bool is_cut = false;
	enum code code = platform_boot(&boot, error);
	if (code == CODE_OK)
		code = file_path(path, run_dir, "memory", error);
	if (code == CODE_OK)
		code = map_file(path, &mapped, &is_cut, error);
	if (code != CODE_OK)
		return code;
	*fresh = is_cut || !is_ours(mapped, &boot);
	if (*fresh)
		code = replace_file(path, &mapped, &boot, error);
	if (code == CODE_OK)
		*memory = mapped;
	return code;
}

enum code shared_memory_find(struct shared_memory **memory, const char *run_dir,
                             struct error *error)
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
		shared_memory_close(mapped == MAP_FAILED ? NULL : mapped);
		return error_set(error, CODE_NOT_FOUND, "%s: nothing that can be used", path);
	}
	*memory = mapped;
	return CODE_OK;
}

void shared_memory_close(struct shared_memory *memory)
{
	if (memory != NULL)
		munmap(memory, sizeof *memory);
}

void shared_memory_keep(struct shared_memory *memory, const struct kept *kept)
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

bool shared_memory_follow(struct shared_memory *memory, const struct kept *kept,
                          const struct memory_lease *leases, size_t count)
{
	bool wakes = false;
	shared_memory_keep(memory, kept);
	for (size_t i = 0; i < count; i++)
		wakes |= shared_memory_set_lease(memory, leases[i].role, leases[i].end,
		                                 leases[i].release);
	return wakes;
}

bool shared_memory_kept(const struct shared_memory *memory, struct kept *kept)
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

/* No other worker writes here when this one begins, so what is half written stays so. */
void shared_memory_claim(struct shared_memory *memory, struct memory_owner owner)
{
	bool is_same =
	    memory->owner.cluster == owner.cluster && memory->owner.member == owner.member;
	/* A generation that is not to be believed would make the whole slot look like the older. */
	for (size_t i = 0; i < 2; i++)
		if (!is_same || !is_whole(&memory->slots[i]))
			memory->slots[i].generation = 0;
	memory->owner = owner;
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		if (atomic_load(&memory->entries[i].state) == LEDGER_WRITING)
			atomic_store(&memory->entries[i].state, LEDGER_FREE);
}
