/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses go before processes: what clients see ends first. A lease that was renewed a moment ago
 * is read again right before each act.
 */
#include "daemon/guard/enforce.h"

#include <stdio.h>

#include "daemon/guard/guard_log.h"
#include "daemon/platform/guard_host.h"
#include "daemon/platform/platform.h"
#include "daemon/self_fencing/reboot_reason.h"

enum {
	/* Looks again this soon at what did not go away. */
	STRIKE_AGAIN_MS = 5,
	REBOOT_AGAIN_MS = 1000,
	REASON_BYTES = 200,
};

static bool is_over(const struct shared_memory *memory, const struct ledger_entry *entry,
                    struct instant now, bool everything)
{
	return everything || instant_reached(now, shared_memory_end(memory, entry->role,
	                                                            (enum ledger_kind)entry->kind));
}

/* True: it was seen to be down, an address on no interface of this host. */
static bool bring_down(const struct ledger_entry *entry, struct network *network)
{
	bool is_here = true;
	if (entry->kind != LEDGER_ADDRESS)
		return guard_host_strike(&entry->child);
	return network_remove(network, &entry->address, NULL) == CODE_OK &&
	       network_present(network, &entry->address, &is_here, NULL) == CODE_OK && !is_here;
}

static void mark_released(struct shared_memory *memory, size_t i, const struct ledger_entry *entry)
{
	/* Else the worker has dropped it meanwhile: then it was down already. */
	if (!ledger_release(memory, i, entry))
		return;
	for (size_t r = 0; r < ROLES_MAX; r++)
		if (atomic_load(&memory->roles[r].id) == entry->role)
			atomic_fetch_add(&memory->roles[r].enforced, 1);
	guard_say(LEVEL_WARNING, "guard: resource %s: %s, as its lease was over", entry->resource,
	          entry->kind == LEDGER_ADDRESS ? "address removed" : "processes killed");
}

/* Returns when to look again at what did not go away. */
static struct instant enforce_kind(struct shared_memory *memory, struct network *network,
                                   struct instant now, bool everything, enum ledger_kind kind)
{
	struct instant next = INSTANT_NEVER;
	struct ledger_entry entry;
	for (size_t i = 0; i < LEDGER_ENTRIES; i++) {
		if (!ledger_read(memory, i, &entry) || entry.kind != (uint32_t)kind ||
		    !is_over(memory, &entry, now, everything))
			continue;
		if (bring_down(&entry, network))
			mark_released(memory, i, &entry);
		else
			next = instant_plus(platform_now(), span_ms(STRIKE_AGAIN_MS));
	}
	return next;
}

struct instant guard_enforce(struct shared_memory *memory, struct network *network,
                             struct instant now, bool everything)
{
	struct instant a = enforce_kind(memory, network, now, everything, LEDGER_ADDRESS);
	struct instant b = enforce_kind(memory, network, now, everything, LEDGER_CHILD);
	struct instant c = enforce_kind(memory, network, now, everything, LEDGER_COMMAND);
	struct instant next = instant_earlier(a, instant_earlier(b, c));
	/* Of every role, also of those that have nothing up: what is added later is under one of
	 * these ends. */
	return everything ? next : instant_earlier(next, shared_memory_next_end(memory, now));
}

static const struct ledger_entry *still_up(const struct shared_memory *memory, uint64_t role)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		if (atomic_load(&memory->entries[i].state) == LEDGER_UP &&
		    memory->entries[i].role == role)
			return &memory->entries[i];
	return NULL;
}

static void reboot_host(const struct last_resort *resort, const struct ledger_entry *entry)
{
	struct error error;
	char why[REASON_BYTES];
	(void)snprintf(why, sizeof why,
	               "resource %s: still up after the others may have started it, and the guard "
	               "could not end it",
	               entry->resource);
	guard_say(LEVEL_ERROR, "guard: %s; rebooting this host", why);
	if (reboot_reason_and_reboot(resort->path, why, &error) != CODE_OK)
		guard_say(LEVEL_ERROR, "guard: %s; trying again to end it", error.text);
}

struct instant last_resort_follow(struct last_resort *resort, const struct shared_memory *memory,
                                  struct instant now)
{
	struct instant next = INSTANT_NEVER;
	for (size_t i = 0; i < ROLES_MAX; i++) {
		const struct ledger_role *role = &memory->roles[i];
		const uint64_t id = atomic_load(&role->id);
		const struct instant lease_end = {atomic_load(&role->lease_end)};
		/* Without a lease a worker that has just begun is ending what it found. */
		if (id == 0 || lease_end.ns == INSTANT_PAST.ns)
			continue;
		const struct ledger_entry *entry = still_up(memory, id);
		escalation_follow(&resort->roles[i], lease_end, entry != NULL, now);
		struct instant due =
		    escalation_due(&resort->roles[i], (struct span){atomic_load(&role->release)});
		due = instant_later(due, resort->again_at);
		if (entry != NULL && instant_reached(now, due)) {
			reboot_host(resort, entry);
			resort->again_at = due = instant_plus(now, span_ms(REBOOT_AGAIN_MS));
		}
		next = instant_earlier(next, due);
	}
	return next;
}
