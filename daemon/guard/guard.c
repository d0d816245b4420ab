/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enforcement and the life of the worker. Addresses go before processes: what clients see ends
 * first. A lease that was renewed a moment ago is read again right before each act.
 */
#include "daemon/guard/guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/platform/platform.h"

enum {
	/* Looks again this soon at what did not go away. */
	STRIKE_AGAIN_MS = 5,
	/* A worker that dies this often within this time is not started again at once. */
	DEATHS_MAX = 5,
	DEATHS_WINDOW_S = 60,
	PAUSE_FIRST_S = 5,
	PAUSE_LIMIT_S = 60,
	LINE_BYTES = 256,
};

static void say_released(const struct ledger_entry *entry, const char *what)
{
	char line[LINE_BYTES];
	(void)snprintf(line, sizeof line,
	               "guard: resource %s: the lease is over and the worker did not act: %s",
	               entry->resource, what);
	guard_host_say(line);
}

static bool is_over(const struct memory *memory, const struct ledger_entry *entry,
                    struct instant now, bool everything)
{
	return everything || instant_reached(now, memory_lease(memory, entry->role));
}

/* True: it is down. */
static bool bring_down(const struct ledger_entry *entry, struct network *network)
{
	if (entry->kind == LEDGER_ADDRESS)
		return network_remove(network, &entry->address, NULL) == CODE_OK;
	return guard_host_strike(&entry->child);
}

static void mark_released(struct memory *memory, struct ledger_entry *entry)
{
	uint32_t up = LEDGER_UP;
	/* The worker may have dropped it meanwhile: then it was down already. */
	if (!atomic_compare_exchange_strong(&entry->state, &up, LEDGER_RELEASED))
		return;
	for (size_t i = 0; i < ROLES_MAX; i++)
		if (atomic_load(&memory->roles[i].id) == entry->role)
			atomic_fetch_add(&memory->roles[i].enforced, 1);
	say_released(entry, entry->kind == LEDGER_ADDRESS ? "address removed" : "killed");
}

static struct instant enforce_kind(struct memory *memory, struct network *network,
                                   struct instant now, bool everything, enum ledger_kind kind)
{
	struct instant next = INSTANT_NEVER;
	for (size_t i = 0; i < LEDGER_ENTRIES; i++) {
		struct ledger_entry *entry = &memory->entries[i];
		if (atomic_load(&entry->state) != LEDGER_UP || entry->kind != (uint32_t)kind)
			continue;
		if (!is_over(memory, entry, now, everything))
			next = instant_earlier(next, memory_lease(memory, entry->role));
		else if (bring_down(entry, network))
			mark_released(memory, entry);
		else
			next = instant_earlier(
			    next, instant_plus(platform_now(), span_ms(STRIKE_AGAIN_MS)));
	}
	return next;
}

struct instant guard_enforce(struct memory *memory, struct network *network, struct instant now,
                             bool everything)
{
	struct instant a = enforce_kind(memory, network, now, everything, LEDGER_ADDRESS);
	struct instant b = enforce_kind(memory, network, now, everything, LEDGER_CHILD);
	return instant_earlier(a, b);
}

struct guard {
	struct memory *memory;
	struct network *network;
	struct guard_host *host;
	char *const *worker_argv;
	bool asked_to_end;
	bool worked; /* the worker was ready once */
	struct instant deaths[DEATHS_MAX];
	unsigned death;          /* next place in deaths */
	struct span pause;       /* before the next start, while it dies too often */
	struct instant start_at; /* INSTANT_NEVER: it runs */
	bool releasing_all;
};

static void say_end(const struct worker_end *end, const char *then)
{
	char line[LINE_BYTES];
	(void)snprintf(line, sizeof line, "guard: the worker %s %d; %s",
	               end->by_signal ? "was ended by signal" : "exited with status", end->number,
	               then);
	guard_host_say(line);
}

static void start_worker(struct guard *guard)
{
	struct error error;
	int64_t pid = 0;
	guard->start_at = INSTANT_NEVER;
	guard->releasing_all = false;
	if (guard_host_spawn(guard->host, guard->worker_argv, &pid, &error) == CODE_OK) {
		atomic_store(&guard->memory->worker_pid, pid);
		return;
	}
	guard_host_say(error.text);
	guard->start_at = instant_plus(platform_now(), span_ms(PAUSE_FIRST_S * 1000));
}

/* Five deaths within a minute: something is wrong that another start does not mend. What is up is
 * released rather than left to a worker that cannot hold it. */
static void worker_died(struct guard *guard, const struct worker_end *end)
{
	struct instant now = platform_now();
	struct instant oldest = guard->deaths[guard->death];
	guard->deaths[guard->death] = now;
	guard->death = (guard->death + 1) % DEATHS_MAX;
	struct span window = span_ms(DEATHS_WINDOW_S * 1000);
	bool too_often = oldest.ns != 0 && instant_since(now, oldest).ns < window.ns;
	if (!too_often) {
		say_end(end, "starting it again");
		guard->pause = span_ms(PAUSE_FIRST_S * 1000);
		start_worker(guard);
		return;
	}
	say_end(end, "it dies too often: releasing what is up here before it is tried again");
	guard->releasing_all = true;
	guard->start_at = instant_plus(now, guard->pause);
	guard->pause = span_times(guard->pause, 2);
	if (guard->pause.ns > span_ms(PAUSE_LIMIT_S * 1000).ns)
		guard->pause = span_ms(PAUSE_LIMIT_S * 1000);
}

/* True: the guard's work is done, *status is the worker's. */
static bool worker_ended(struct guard *guard, const struct worker_end *end, int *status)
{
	bool orderly = !end->by_signal && (guard->asked_to_end || !guard->worked);
	if (orderly) {
		*status = end->number;
		return true;
	}
	if (guard->asked_to_end) {
		say_end(end, "releasing what it left up");
		*status = 1;
		guard->releasing_all = true;
		return true;
	}
	worker_died(guard, end);
	return false;
}

/* Brings down everything, however long it takes. */
static void release_all(struct guard *guard)
{
	struct worker_end end;
	struct instant next = INSTANT_PAST;
	while (instant_before(next, INSTANT_NEVER)) {
		next = guard_enforce(guard->memory, guard->network, platform_now(), true);
		if (instant_before(next, INSTANT_NEVER))
			(void)guard_host_wait(guard->host, next, &end);
	}
}

static void turn(struct guard *guard, bool *done, int *status)
{
	struct worker_end end = {0};
	struct instant next =
	    guard_enforce(guard->memory, guard->network, platform_now(), guard->releasing_all);
	next = instant_earlier(next, guard->start_at);
	unsigned wake = guard_host_wait(guard->host, next, &end);
	if ((wake & WAKE_WORKER_READY) != 0)
		guard->worked = true;
	if ((wake & WAKE_ASKED_TO_END) != 0) {
		guard->asked_to_end = true;
		guard_host_ask_worker(guard->host);
		*done = instant_before(guard->start_at, INSTANT_NEVER);
	}
	if ((wake & WAKE_WORKER_ENDED) != 0)
		*done = worker_ended(guard, &end, status);
	if (!*done && instant_reached(platform_now(), guard->start_at))
		start_worker(guard);
}

static enum code open_guard(struct guard *guard, const struct guard_settings *settings,
                            struct error *error)
{
	char lacking[LINE_BYTES], line[LINE_BYTES + 32];
	bool fresh = false;
	enum code code = memory_open(&guard->memory, settings->run_dir, &fresh, error);
	if (code == CODE_OK)
		code = network_open(&guard->network, error);
	if (code == CODE_OK)
		code = guard_host_open(&guard->host, lacking, sizeof lacking, error);
	if (code != CODE_OK)
		return error_wrap(error, "guard");
	if (lacking[0] != '\0') {
		(void)snprintf(line, sizeof line, "guard: %s", lacking);
		guard_host_say(line);
	}
	return CODE_OK;
}

enum code guard_run(const struct guard_settings *settings, int *status, struct error *error)
{
	struct guard guard = {.worker_argv = settings->worker_argv,
	                      .pause = span_ms(PAUSE_FIRST_S * 1000)};
	bool done = false;
	enum code code = open_guard(&guard, settings, error);
	if (code == CODE_OK)
		start_worker(&guard);
	while (code == CODE_OK && !done)
		turn(&guard, &done, status);
	if (code == CODE_OK && guard.releasing_all)
		release_all(&guard);
	guard_host_close(guard.host);
	network_close(guard.network);
	memory_close(guard.memory);
	return code;
}
