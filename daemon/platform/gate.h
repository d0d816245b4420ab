/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide, part six: the packet gate. It stands at the interfaces
 * and lets nothing that says "this address is here" through once a lease is over, with no process
 * of ours running. One slot for each role holds a lease end; each guarded address belongs to a
 * slot. The gate outlives the processes that use it and is found again by its name. Knows no roles;
 * nothing here logs. Where a system has no such thing, what can fail gives CODE_UNSUPPORTED.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/platform/network.h"
#include "proto/clock.h"
#include "proto/error.h"

enum {
	GATE_SLOTS = 64,
	GATE_ADDRESSES_MAX = 256,
	GATE_INTERFACES_MAX = 64,
	GATE_NAME_BYTES = 64,
};
static_assert((int)GATE_SLOTS >= (int)ROLES_MAX, "every role has a slot");
static_assert((int)GATE_ADDRESSES_MAX >= (int)CONFIG_RESOURCES_MAX, "every address is guarded");

struct gate;

/* A question of `check`: can this host have a gate? Changes nothing, and needs the privileges of
 * gate_open. Else the sentence says what is missing and what to do. */
enum code gate_probe(struct error *error);

/* The name of the gate of this cluster and run directory in the network of this process. */
void gate_name(const char *cluster, const char *run_dir, char name[GATE_NAME_BYTES]);

/*
 * Opens the gate of that name, or makes it. One that is there keeps its lease ends, addresses and
 * interfaces, and is closed where it was closed; its program is replaced by this version's without
 * a packet passing in between. At most one process may have a gate open this way. Blocks for some
 * milliseconds.
 * CODE_DENIED: no privilege. CODE_UNSUPPORTED: this host cannot.
 */
enum code gate_open(struct gate **gate, const char *name, struct error *error);

/*
 * Guards the address at its interface, with the lease end of the slot; its prefix does not matter.
 * Set the slot first. Idempotent, and to be called again when network_news says that an interface
 * is there (again), because a gate ends with its interface; each call also puts back what somebody
 * took away. The first call for an interface blocks for some tens of milliseconds.
 * CODE_NOT_FOUND: no such interface (the address is guarded at those covered). CODE_UNSUPPORTED:
 * not an Ethernet. CODE_TOO_LARGE: too many addresses or interfaces.
 */
enum code gate_guard(struct gate *gate, const struct network_address *address, unsigned slot,
                     struct error *error);
/* Puts the gate on one more interface, for all guarded addresses: a host answers for its addresses
 * on every interface, not only where they are. Codes as gate_guard. */
enum code gate_cover(struct gate *gate, unsigned index, struct error *error);
/* The slot whose lease end counts for the address; false: it is not guarded. */
bool gate_slot_of(const struct gate *gate, const struct address *address, unsigned *slot);
/* The address passes again. CODE_OK also when it was not guarded. */
enum code gate_unguard(struct gate *gate, const struct address *address, struct error *error);
/* Lets go of addresses and interfaces that only an earlier life of this gate guarded and covered,
 * and of interfaces that are gone: to be called after everything of the present configuration was
 * guarded and covered. */
enum code gate_forget_rest(struct gate *gate, struct error *error);

/*
 * From this instant on (of platform_now) nothing of the slot's addresses passes, until a later
 * lease end or gate_pass is set. The past closes at once. No system call, no lock; each slot may be
 * written by one thread at a time.
 */
void gate_lease_end(struct gate *gate, unsigned slot, struct instant end);
/* Nobody here has a claim to the addresses: what this host itself says of them, as an answer to who
 * asks for them or a connection from them, does not leave; all else passes, also what this host
 * forwards. Cheap and without a lock, as gate_lease_end. */
void gate_disclaim(struct gate *gate, unsigned slot);
/* Everything of the slot passes: as a slot is that was never set. */
void gate_pass(struct gate *gate, unsigned slot);
/* Packets dropped since the gate was made. No system call. */
uint64_t gate_dropped(const struct gate *gate, unsigned slot);
/* The same of one address since it was guarded; 0 also when it is not. */
uint64_t gate_dropped_for(const struct gate *gate, const struct address *address);

/* Leaves the gate standing. Accepts NULL. */
void gate_close(struct gate *gate);

/* Takes the gate down, and leaves nothing of it: for `cleanup` and for uninstalling, and only from
 * the network it stands in. CODE_OK also when there is none of that name. */
enum code gate_remove(const char *name, struct error *error);
/* The same for all gates of this run directory, whatever cluster they were made for, but the one to
 * keep (NULL: none). Goes on after a failure. *removed counts them. CODE_DENIED: this process may
 * not see whether there are any. */
enum code gate_remove_others(const char *run_dir, const char *keep, unsigned *removed,
                             struct error *error);
