/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of addresses, and the thread that extends them. The mutex is never held while the
 * kernel is asked for something. All addresses are extended together: the kernel looks for those
 * that are over at most once a second, so ends that lie apart by less would be met late.
 */
#include "daemon/resource/address_lifetime.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "daemon/platform/platform.h"

enum {
	LEAST_MS = 2000, /* lease + release */
	SECOND_MS = 1000,
	KERNEL_LATE_MS = 400, /* for up to two seconds */
	EXACT_SECONDS = 2,
	COARSER = 8,   /* what is more than that may be late by an eighth */
	SHORT_MS = 50, /* of the lease end, where it is as good as reached */
	KERNEL_EARLY_MS = 20,
	/* Every program of the host that follows addresses hears of each extension. Less than two
	 * heartbeats of 200 ms, to take the second one. */
	EXTEND_EVERY_MS = 350,
	/* Without a confirmation: so long before the time left falls below whole seconds, ... */
	AHEAD_MS = 30,
	/* ... but so long before the end at the latest, and with pauses. */
	LAST_MOMENT_MS = 300,
	PAUSE_MS = 50,
	TRIES = 3,
	NOBODY = -1,
	STACK_BYTES = 256 * 1024, /* netlink answers are read on it */
};

struct entry {
	bool is_used;
	uint8_t role;
	struct network_address address;
	struct instant ends; /* the kernel does not remove it earlier; INSTANT_PAST: not known */
};

struct address_lifetime {
	bool is_possible;
	struct network *network; /* owned; the thread's */
	uv_thread_t thread;
	struct lifetime_lease told[ROLES_MAX]; /* the caller's: spares the mutex */

	uv_mutex_t mutex; /* of all below */
	uv_cond_t changed, rested;
	bool is_closing;
	bool has_moved;        /* a lease, since the last pass over all entries */
	struct instant passed; /* when that was */
	int busy;              /* the entry that the thread is asking the kernel about */
	struct lifetime_lease leases[ROLES_MAX];
	struct entry entries[CONFIG_RESOURCES_MAX];
	struct error trouble; /* CODE_OK: none */
	bool is_trouble_new;
};

bool address_lifetime_is_possible(struct timing timing)
{
	return span_plus(timing.lease, timing.release).ns >= span_ms(LEAST_MS).ns;
}

static uint32_t whole_seconds(int64_t ns)
{
	return ns < 0 ? 0 : (uint32_t)(ns / span_ms(SECOND_MS).ns);
}

uint32_t address_lifetime_before(struct span left)
{
	int64_t exact = span_ms(EXACT_SECONDS * SECOND_MS).ns;
	int64_t ns = left.ns - span_ms(KERNEL_LATE_MS).ns;
	if (ns <= exact)
		return whole_seconds(ns);
	return whole_seconds(exact + (ns - exact) * COARSER / (COARSER + 1));
}

uint32_t address_lifetime_reaching(struct span left)
{
	int64_t ns = left.ns - span_ms(SHORT_MS).ns;
	return ns <= 0 ? 0 : whole_seconds(ns - 1) + 1;
}

static uint32_t seconds_under(const struct lifetime_lease *lease, struct instant now)
{
	return lease->is_silent_after ? address_lifetime_reaching(instant_since(lease->end, now))
	                              : address_lifetime_before(instant_since(lease->gone_by, now));
}

static struct instant earliest_end(struct instant now, uint32_t seconds)
{
	struct span whole = span_times(span_ms(SECOND_MS), seconds);
	return instant_minus(instant_plus(now, whole), span_ms(KERNEL_EARLY_MS));
}

/* --- the thread, with the mutex held */

static void note_trouble(struct address_lifetime *lifetime, const struct error *error)
{
	lifetime->is_trouble_new = strcmp(lifetime->trouble.text, error->text) != 0;
	lifetime->trouble = *error;
}

/* What the call took counts from its end, in case the kernel counts from there. True: done. */
static bool extend_once(struct address_lifetime *lifetime, int i, struct lifetime_lease lease)
{
	const struct network_address address = lifetime->entries[i].address;
	struct instant before = platform_now();
	uint32_t seconds = seconds_under(&lease, before);
	struct error error;
	if (seconds == 0 ||
	    !instant_before(lifetime->entries[i].ends, earliest_end(before, seconds)))
		return true;
	lifetime->busy = i;
	uv_mutex_unlock(&lifetime->mutex);
	enum code code = network_extend(lifetime->network, &address, seconds, &error);
	struct instant after = platform_now();
	uv_mutex_lock(&lifetime->mutex);
	lifetime->busy = NOBODY;
	uv_cond_broadcast(&lifetime->rested);
	/* One that is not there is put back by its resource, with an end. */
	if (code != CODE_OK) {
		if (code != CODE_NOT_FOUND)
			note_trouble(lifetime, &error);
		return true;
	}
	lifetime->trouble.code = CODE_OK;
	lifetime->trouble.text[0] = '\0';
	lifetime->entries[i].ends = earliest_end(before, seconds);
	if (seconds_under(&lease, after) >= seconds)
		return true;
	lifetime->entries[i].ends = INSTANT_PAST;
	return false;
}

static void extend(struct address_lifetime *lifetime, int i)
{
	for (int tries = 0; tries < TRIES && lifetime->entries[i].is_used; tries++) {
		const struct lifetime_lease lease = lifetime->leases[lifetime->entries[i].role];
		if (instant_reached(platform_now(), lease.end) || extend_once(lifetime, i, lease))
			return;
	}
}

static void pass(struct address_lifetime *lifetime)
{
	lifetime->has_moved = false;
	lifetime->passed = platform_now();
	for (int i = 0; i < CONFIG_RESOURCES_MAX && !lifetime->is_closing; i++)
		if (lifetime->entries[i].is_used)
			extend(lifetime, i);
}

/* The moment to put the end off to the latest that is allowed; see the header. */
static struct instant best_moment(const struct entry *entry, const struct lifetime_lease *lease,
                                  struct instant now)
{
	struct span whole = span_ms(SECOND_MS);
	struct instant last = instant_minus(entry->ends, span_ms(LAST_MOMENT_MS));
	/* Whole seconds before this one. */
	struct instant sums = instant_minus(lease->gone_by, span_ms(KERNEL_LATE_MS));
	int64_t before = (instant_since(sums, last).ns + whole.ns - 1) / whole.ns;
	struct instant best = instant_minus(sums, span_times(whole, before < 1 ? 1 : before));
	best = instant_minus(best, span_ms(AHEAD_MS));
	/* If that moment is over, it was missed, or was no gain. */
	return instant_reached(now, instant_plus(best, span_ms(AHEAD_MS))) ? last : best;
}

/* When to extend the address if no confirmation comes before. */
static struct instant due_of(const struct entry *entry, const struct lifetime_lease *lease,
                             struct instant now)
{
	if (entry->ends.ns == INSTANT_PAST.ns)
		return seconds_under(lease, now) > 0 ? now : INSTANT_NEVER;
	if (!instant_before(instant_plus(entry->ends, span_ms(SHORT_MS + KERNEL_EARLY_MS)),
	                    lease->end))
		return INSTANT_NEVER;
	struct instant due = instant_minus(entry->ends, span_ms(LAST_MOMENT_MS));
	if (!lease->is_silent_after)
		due = best_moment(entry, lease, now);
	due = instant_later(due, now);
	return instant_before(due, lease->end) && seconds_under(lease, due) > 0 ? due
	                                                                        : INSTANT_NEVER;
}

static struct instant next_pass(const struct address_lifetime *lifetime, struct instant now)
{
	struct instant again = instant_plus(lifetime->passed, span_ms(EXTEND_EVERY_MS));
	struct instant due = INSTANT_NEVER;
	if (lifetime->has_moved && instant_reached(now, again))
		return now;
	for (int i = 0; i < CONFIG_RESOURCES_MAX; i++) {
		const struct entry *entry = &lifetime->entries[i];
		if (entry->is_used)
			due = instant_earlier(due,
			                      due_of(entry, &lifetime->leases[entry->role], now));
	}
	return instant_later(due, instant_plus(lifetime->passed, span_ms(PAUSE_MS)));
}

static void work(void *context)
{
	struct address_lifetime *lifetime = context;
	uv_mutex_lock(&lifetime->mutex);
	while (!lifetime->is_closing) {
		struct instant now = platform_now();
		struct instant next = next_pass(lifetime, now);
		if (instant_reached(now, next))
			pass(lifetime);
		else if (instant_before(next, INSTANT_NEVER))
			(void)uv_cond_timedwait(&lifetime->changed, &lifetime->mutex,
			                        (uint64_t)instant_since(next, now).ns);
		else
			uv_cond_wait(&lifetime->changed, &lifetime->mutex);
	}
	uv_mutex_unlock(&lifetime->mutex);
}

/* --- its owner's side */

static enum code start(struct address_lifetime *lifetime, struct error *error)
{
	const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE,
	                                     .stack_size = STACK_BYTES};
	enum code code = network_open_deaf(&lifetime->network, error);
	if (code != CODE_OK)
		return code;
	if (uv_thread_create_ex(&lifetime->thread, &options, work, lifetime) == 0)
		return CODE_OK;
	network_close(lifetime->network);
	return error_set(error, CODE_SYSTEM, "no thread for the lifetimes of addresses");
}

enum code address_lifetime_open(struct address_lifetime **lifetime, bool is_possible,
                                struct error *error)
{
	struct address_lifetime *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	made->is_possible = is_possible;
	made->passed = INSTANT_PAST;
	made->busy = NOBODY;
	for (unsigned r = 0; r < ROLES_MAX; r++) {
		made->leases[r] = (struct lifetime_lease){INSTANT_PAST, INSTANT_PAST, false};
		made->told[r] = made->leases[r];
	}
	(void)uv_mutex_init(&made->mutex); /* like the conditions: fails only without memory */
	(void)uv_cond_init(&made->changed);
	(void)uv_cond_init(&made->rested);
	enum code code = is_possible ? start(made, error) : CODE_OK;
	if (code != CODE_OK) {
		made->is_possible = false;
		address_lifetime_close(made);
		return code;
	}
	*lifetime = made;
	return CODE_OK;
}

void address_lifetime_close(struct address_lifetime *lifetime)
{
	if (lifetime == NULL)
		return;
	if (lifetime->is_possible) {
		uv_mutex_lock(&lifetime->mutex);
		lifetime->is_closing = true;
		uv_cond_signal(&lifetime->changed);
		uv_mutex_unlock(&lifetime->mutex);
		(void)uv_thread_join(&lifetime->thread);
		network_close(lifetime->network);
	}
	uv_cond_destroy(&lifetime->rested);
	uv_cond_destroy(&lifetime->changed);
	uv_mutex_destroy(&lifetime->mutex);
	free(lifetime);
}

void address_lifetime_follow(struct address_lifetime *lifetime, uint8_t role,
                             struct lifetime_lease lease)
{
	const struct lifetime_lease *told = &lifetime->told[role];
	if (!lifetime->is_possible ||
	    (told->end.ns == lease.end.ns && told->is_silent_after == lease.is_silent_after))
		return;
	lifetime->told[role] = lease;
	uv_mutex_lock(&lifetime->mutex);
	lifetime->leases[role] = lease;
	lifetime->has_moved = true;
	struct instant again = instant_plus(lifetime->passed, span_ms(EXTEND_EVERY_MS));
	if (instant_reached(platform_now(), again))
		uv_cond_signal(&lifetime->changed);
	uv_mutex_unlock(&lifetime->mutex);
}

static bool is_same(const struct network_address *a, const struct network_address *b)
{
	return a->address.family == b->address.family &&
	       memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes) == 0;
}

/* The entry of the address, else a free one; there are as many as addresses. */
static struct entry *place_of(struct address_lifetime *lifetime,
                              const struct network_address *address)
{
	struct entry *found = NULL;
	for (int i = 0; i < CONFIG_RESOURCES_MAX; i++) {
		struct entry *entry = &lifetime->entries[i];
		if (entry->is_used && is_same(&entry->address, address))
			return entry;
		if (!entry->is_used && found == NULL)
			found = entry;
	}
	return found;
}

static void put(struct address_lifetime *lifetime, uint8_t role,
                const struct network_address *address, struct instant ends)
{
	uv_mutex_lock(&lifetime->mutex);
	struct entry *entry = place_of(lifetime, address);
	if (entry != NULL)
		*entry = (struct entry){true, role, *address, ends};
	uv_cond_signal(&lifetime->changed);
	uv_mutex_unlock(&lifetime->mutex);
}

enum code address_lifetime_add(struct address_lifetime *lifetime, struct network *network,
                               uint8_t role, const struct network_address *address,
                               struct error *error)
{
	if (!lifetime->is_possible)
		return network_add(network, address, NETWORK_FOR_EVER, error);
	uv_mutex_lock(&lifetime->mutex);
	const struct lifetime_lease lease = lifetime->leases[role];
	uv_mutex_unlock(&lifetime->mutex);
	struct instant now = platform_now();
	uint32_t seconds = seconds_under(&lease, now);
	/* Rather gone a little late than never. */
	seconds = seconds == 0 ? 1 : seconds;
	enum code code = network_add(network, address, seconds, error);
	if (code == CODE_OK)
		put(lifetime, role, address, earliest_end(now, seconds));
	return code;
}

enum code address_lifetime_adopt(struct address_lifetime *lifetime, struct network *network,
                                 uint8_t role, const struct network_address *address,
                                 struct error *error)
{
	/* An earlier life with another timing may have given it an end. */
	if (!lifetime->is_possible)
		return network_extend(network, address, NETWORK_FOR_EVER, error);
	put(lifetime, role, address, INSTANT_PAST);
	return CODE_OK;
}

enum code address_lifetime_remove(struct address_lifetime *lifetime, struct network *network,
                                  const struct network_address *address, struct error *error)
{
	uv_mutex_lock(&lifetime->mutex);
	struct entry *entry = place_of(lifetime, address);
	if (entry != NULL) {
		entry->is_used = false;
		while (lifetime->busy == (int)(entry - lifetime->entries))
			uv_cond_wait(&lifetime->rested, &lifetime->mutex);
	}
	uv_mutex_unlock(&lifetime->mutex);
	return network_remove(network, address, error);
}

bool address_lifetime_ran_out(struct address_lifetime *lifetime,
                              const struct network_address *address)
{
	uv_mutex_lock(&lifetime->mutex);
	const struct entry *entry = place_of(lifetime, address);
	bool ran_out =
	    entry != NULL && entry->is_used && instant_reached(platform_now(), entry->ends);
	uv_mutex_unlock(&lifetime->mutex);
	return ran_out;
}

bool address_lifetime_trouble(struct address_lifetime *lifetime, struct error *error)
{
	uv_mutex_lock(&lifetime->mutex);
	bool is_new = lifetime->is_trouble_new && lifetime->trouble.code != CODE_OK;
	*error = lifetime->trouble;
	lifetime->is_trouble_new = false;
	uv_mutex_unlock(&lifetime->mutex);
	return is_new;
}
