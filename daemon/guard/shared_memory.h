/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that outlives the worker: a mapped file in the run directory, shared by the worker,
 * who writes it, and the guard, who enforces what it says. It holds what the member keeps
 * (proto/state.h) and the ledger: what of which role is up on this host, and until when each role's
 * lease runs. Knows no loop; nothing here blocks after shared_memory_open, and nothing allocates
 * after it.
 *
 * The kept part stands twice, each with a generation and a checksum; the older of the two is
 * overwritten, so a worker that dies in the middle of a write leaves the other whole. The whole is
 * stamped with the boot id: what an earlier boot left is not believed.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/platform/child.h"
#include "daemon/platform/network.h"
#include "daemon/platform/platform.h"
#include "proto/error.h"
#include "proto/state.h"

enum {
	/* A resource has at most its address, or itself, its process and one command. */
	LEDGER_ENTRIES = CONFIG_RESOURCES_MAX * 3,
	LEDGER_MARK_BYTES = 24 + NAME_BYTES,
};

enum ledger_kind {
	LEDGER_ADDRESS,
	LEDGER_CHILD,   /* a process, or what the start of a script left running */
	LEDGER_COMMAND, /* a `status` under way, beside that */
	/* What the commands of a script set up: only its `stop` brings it down. The guard cannot;
	 * it knows of it for the last resort. */
	LEDGER_SCRIPT,
};

enum ledger_state {
	LEDGER_FREE,
	LEDGER_WRITING,  /* the worker fills it in; nothing is up yet */
	LEDGER_UP,       /* may be up on this host */
	LEDGER_RELEASED, /* the guard brought it down */
};

struct ledger_entry {
	_Atomic uint32_t state; /* enum ledger_state */
	_Atomic uint32_t uses;  /* of this place; tells an entry from a later one in its place */
	uint32_t kind;          /* enum ledger_kind */
	uint64_t role;          /* id */
	char resource[NAME_BYTES];
	struct network_address address;
	struct child_id child;
};

struct ledger_role {
	_Atomic uint64_t id;       /* 0: unused */
	_Atomic int64_t lease_end; /* ns of the lease clock */
	_Atomic int64_t release;   /* ns, promised together with it */
	_Atomic uint32_t enforced; /* times the guard released it at its lease end */
};

struct memory_slot {
	uint64_t generation; /* 0: never written */
	uint8_t checksum[16];
	struct kept kept;
};

/* Whose memory it is; another member's is not believed. */
struct memory_owner {
	uint64_t cluster, member; /* ids */
};

struct shared_memory {
	/* The first five are the same in every layout, so that a guard of another version finds the
	 * worker that an earlier one left. */
	char magic[8];
	uint64_t layout; /* sizeof and version: another program's memory is not believed */
	struct boot boot;
	_Atomic int64_t worker_pid; /* 0: none was started */
	_Atomic uint64_t worker_started;

	struct memory_owner owner;
	_Atomic uint64_t worker_turns;  /* grows while the worker's loop turns */
	_Atomic uint32_t worker_starts; /* since the guard began to watch over this memory */
	_Atomic int64_t guard_pid;
	_Atomic bool escalates;         /* the host is rebooted when a release does not succeed */
	_Atomic int64_t guard_looks_at; /* ns of the lease clock: until then it may sleep */
	struct memory_slot slots[2];
	struct ledger_role roles[ROLES_MAX];
	struct ledger_entry entries[LEDGER_ENTRIES];
};

/*
 * Maps the memory of `run_dir`, made anew when it is missing, of another boot or another layout;
 * *fresh tells that. The file is made 0600; a link in its place is refused. CODE_SYSTEM,
 * CODE_DENIED. Unmapped by shared_memory_close.
 */
enum code shared_memory_open(struct shared_memory **memory, const char *run_dir, bool *fresh,
                             struct error *error);
/* The same of one that is there, to look at what it says or to change it, while others may use it.
 * CODE_NOT_FOUND: there is none that this program believes; nothing is changed then. */
enum code shared_memory_find(struct shared_memory **memory, const char *run_dir,
                             struct error *error);
void shared_memory_close(struct shared_memory *memory); /* accepts NULL; the file stays */

/* Worker: what the member keeps, after each step. */
void shared_memory_keep(struct shared_memory *memory, const struct kept *kept);
/*
 * Worker: a step's outcome, before anything that the step asks for is done: what the member keeps,
 * and then the leases. A lease end that the guard knows must not belong to a claim of which the
 * next worker would not know: it would release nothing, and its first page would say `none`, while
 * the guard lets the resources be. True: the guard has to be woken, see shared_memory_set_lease.
 */
struct memory_lease {
	uint64_t role;
	struct instant end;
	struct span release;
};
bool shared_memory_follow(struct shared_memory *memory, const struct kept *kept,
                          const struct memory_lease *leases, size_t count);
/* The newest whole one; false: there is none. */
bool shared_memory_kept(const struct shared_memory *memory, struct kept *kept);

/* Worker: makes the memory its own. What is kept for another member is forgotten. */
void shared_memory_claim(struct shared_memory *memory, struct memory_owner owner);

/* Everything is down: no claim, no lease and no entry is left. What was promised to others stays.
 */
void shared_memory_release(struct shared_memory *memory);

/* Worker: until when the lease of a role runs, and how long after it all is down by promise;
 * stored before anything is started under it. True: the guard may sleep beyond that end, and has to
 * be woken before anything is started. */
bool shared_memory_set_lease(struct shared_memory *memory, uint64_t role, struct instant end,
                             struct span release);
/*
 * When the guard brings down what is of this kind; INSTANT_PAST: there is no lease. Addresses go at
 * the lease end. A worker that lives uses up to three quarters of `release` for the stop commands
 * of scripts (resource/script.c): what `start` left running is killed in the last quarter.
 */
struct instant shared_memory_end(const struct shared_memory *memory, uint64_t role,
                                 enum ledger_kind kind);
/* Guard: the first time after `now` at which something has to be down. */
struct instant shared_memory_next_end(const struct shared_memory *memory, struct instant now);
/* Guard: it sleeps until `at`, or until something woken by shared_memory_set_lease; the result is
 * the earlier time that was stored meanwhile. */
struct instant shared_memory_guard_sleeps(struct shared_memory *memory, struct instant now,
                                          struct instant at);
/* How often the guard has had to release something of the role. */
uint32_t shared_memory_enforced(const struct shared_memory *memory, uint64_t role);

/* Worker: something of a role is about to be up. Written before it is, so that nothing can be up
 * that the guard does not know of. False: the ledger is full, and it must not be started. */
bool ledger_add(struct shared_memory *memory, const struct ledger_entry *entry);
/* It is down. Nothing happens when it is not there. */
void ledger_drop(struct shared_memory *memory, enum ledger_kind kind, const char *resource);
/* NULL: not there. */
const struct ledger_entry *ledger_find(const struct shared_memory *memory, enum ledger_kind kind,
                                       const char *resource);
/* Guard: what stands in place `i`, whole, although the worker may write to that place at any time;
 * false: nothing that may be up. */
bool ledger_read(const struct shared_memory *memory, size_t i, struct ledger_entry *entry);
/* Guard: what was read there is down now. False: it is not there any more, so it was down. */
bool ledger_release(struct shared_memory *memory, size_t i, const struct ledger_entry *entry);
/* Whether anything may be up. */
bool ledger_is_used(const struct shared_memory *memory);
/* Whether the guard brought down something of the role since it was added. */
bool ledger_was_released(const struct shared_memory *memory, uint64_t role);
