/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of the worker, with enforcement (enforce.h) before every wait.
 */
#include "daemon/guard/guard.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/file.h"
#include "daemon/guard/enforce.h"
#include "daemon/guard/guard_log.h"
#include "daemon/platform/platform.h"
#include "daemon/platform/self.h"
#include "daemon/self_fencing/reboot_reason.h"

enum {
	/* Looks again this soon at an orphan that did not go away. */
	ORPHAN_AGAIN_MS = 5,
	/* A worker that dies this often within this time is not started again at once. */
	DEATHS_MAX = 5,
	DEATHS_WINDOW_S = 60,
	PAUSE_FIRST_S = 5,
	PAUSE_LIMIT_S = 60,
	/* The loop of a worker that works turns with every heartbeat, at the least once a second.
	 * Longer than a host is likely to stall, for its death costs more than waiting: by then the
	 * guard has long ended every lease that ran out. */
	HANG_LIMIT_S = 10,
	CHECK_EVERY_MS = 1000,
	LACKING_BYTES = 400,
	/* For a program that refuses to run anyway. */
	RELEASE_LIMIT_S = 10,
};

struct guard {
	struct shared_memory *memory;
	struct network *network;
	struct guard_host *host;
	char *const *argv;
	bool is_running; /* there is a worker */
	bool has_worked; /* a worker was ready once, or left something up */
	bool is_told;    /* the service manager knows that one is ready */
	bool is_ready;   /* the present one said so */
	bool is_asked_to_end;
	bool is_replacing; /* the worker ends for another program to take over */
	bool is_releasing_all;
	bool has_orphan;                       /* it was said */
	struct instant deaths[DEATHS_MAX - 1]; /* the last before the present one */
	unsigned death;                        /* next place in deaths */
	struct span pause;                     /* before the next start, while it dies too often */
	struct instant start_at;               /* INSTANT_NEVER: it runs */
	uint64_t turns;                        /* of the worker's loop, when last seen to turn */
	struct span silent;                    /* since then; a host that sleeps does not count */
	struct instant check_at;
	struct instant manager_at; /* when the manager is to hear next */
	struct last_resort last_resort;
};

/* --- the life of the worker */

/* One that an earlier guard left is ended first: two would write the same memory. */
static bool orphan_is_gone(struct guard *guard)
{
	struct shared_memory *memory = guard->memory;
	const struct worker_id orphan = {atomic_load(&memory->worker_pid),
	                                 atomic_load(&memory->worker_started)};
	if (guard_host_end_orphan(&orphan)) {
		atomic_store(&memory->worker_pid, 0);
		return true;
	}
	if (!guard->has_orphan)
		guard_say(LEVEL_WARNING,
		          "guard: process %" PRId64
		          " is the worker of an earlier guard: killing it",
		          orphan.pid);
	guard->has_orphan = true;
	guard->start_at = instant_plus(platform_now(), span_ms(ORPHAN_AGAIN_MS));
	return false;
}

static void start_worker(struct guard *guard)
{
	struct error error;
	struct worker_id worker = {0};
	if (!orphan_is_gone(guard))
		return;
	if (guard_host_spawn(guard->host, guard->argv, &worker, &error) != CODE_OK) {
		guard_say(LEVEL_ERROR, "%s; tried again in %d s", error.text, PAUSE_FIRST_S);
		guard->start_at = instant_plus(platform_now(), span_ms(PAUSE_FIRST_S * 1000));
		return;
	}
	guard->is_releasing_all = guard->is_ready = guard->is_replacing = false;
	guard->is_running = true;
	guard->start_at = INSTANT_NEVER;
	guard->silent = span_ms(0);
	/* Before it begins: a guard after this one must not miss it. */
	atomic_store(&guard->memory->worker_started, worker.started);
	atomic_store(&guard->memory->worker_pid, worker.pid);
	guard_host_go(guard->host);
	atomic_fetch_add(&guard->memory->worker_starts, 1);
}

static void start_at_once(struct guard *guard)
{
	guard->start_at = platform_now();
	start_worker(guard);
}

/* Five deaths within a minute: something is wrong that another start does not mend. What is up is
 * released rather than left to a worker that cannot hold it. */
static void worker_died(struct guard *guard, const char *how, int number)
{
	struct instant now = platform_now();
	struct instant oldest = guard->deaths[guard->death];
	guard->deaths[guard->death] = now;
	guard->death = (guard->death + 1) % (DEATHS_MAX - 1);
	bool too_often =
	    oldest.ns != 0 && instant_since(now, oldest).ns < span_ms(DEATHS_WINDOW_S * 1000).ns;
	if (!too_often) {
		guard_say(LEVEL_ERROR, "guard: the worker %s %d: starting it again", how, number);
		guard->pause = span_ms(PAUSE_FIRST_S * 1000);
		start_at_once(guard);
		return;
	}
	guard_say(
	    LEVEL_ERROR,
	    "guard: the worker %s %d, and %d times within %d s: releasing what is up here; it is "
	    "started again in %" PRId64 " s",
	    how, number, DEATHS_MAX, DEATHS_WINDOW_S, guard->pause.ns / 1000000000);
	guard->is_releasing_all = true;
	guard->start_at = instant_plus(now, guard->pause);
	guard->pause = span_times(guard->pause, 2);
	if (guard->pause.ns > span_ms(PAUSE_LIMIT_S * 1000).ns)
		guard->pause = span_ms(PAUSE_LIMIT_S * 1000);
}

/* Returns only when the program in the file cannot be run. */
static void become_new_program(struct guard *guard)
{
	struct error error;
	atomic_store(&guard->memory->worker_pid, 0);
	(void)guard_host_become(guard->host, guard->argv, &error);
	guard_say(LEVEL_ERROR, "%s; going on with the old program", error.text);
	start_at_once(guard);
}

/* True: the guard's work is done, *status is the worker's. */
static bool worker_ended(struct guard *guard, const struct worker_end *end, int *status)
{
	const char *how = end->by_signal ? "was ended by signal" : "exited with status";
	guard->is_running = false;
	if (guard->is_replacing && !guard->is_asked_to_end) {
		become_new_program(guard);
		return false;
	}
	if (!end->by_signal && (guard->is_asked_to_end || !guard->has_worked)) {
		*status = end->number;
		return true;
	}
	/* It had not begun to listen to signals, let alone to start anything. */
	if (guard->is_asked_to_end && !guard->is_ready && end->number == SIGTERM) {
		*status = 0;
		return true;
	}
	if (!guard->is_asked_to_end) {
		worker_died(guard, how, end->number);
		return false;
	}
	guard_say(LEVEL_ERROR,
	          "guard: the worker %s %d while shutting down: releasing what it left up", how,
	          end->number);
	*status = 1;
	return true;
}

/* One that is not ready yet releases what an earlier life left, which takes as long as it takes,
 * unless somebody waits for the end. */
static void check_worker(struct guard *guard, struct instant now)
{
	uint64_t turns = atomic_load(&guard->memory->worker_turns);
	bool is_expected = guard->is_running && (guard->is_ready || guard->is_asked_to_end);
	bool turned = turns != guard->turns || !is_expected;
	guard->turns = turns;
	guard->check_at = instant_plus(now, span_ms(CHECK_EVERY_MS));
	/* However long ago the last look was: this process may have been held up with the worker.
	 */
	guard->silent = turned ? span_ms(0) : span_plus(guard->silent, span_ms(CHECK_EVERY_MS));
	if (guard->silent.ns < span_ms(HANG_LIMIT_S * 1000).ns)
		return;
	guard_say(LEVEL_ERROR, "guard: the worker was unresponsive for %d s: killing it",
	          HANG_LIMIT_S);
	guard->silent = span_ms(0);
	guard_host_kill_worker(guard->host);
}

static void tell_manager(struct guard *guard, struct instant now)
{
	struct span interval = guard_host_manager_interval(guard->host);
	if (interval.ns == 0) {
		guard->manager_at = INSTANT_NEVER;
		return;
	}
	if (!instant_reached(now, guard->manager_at))
		return;
	guard_host_tell_manager(guard->host, "WATCHDOG=1");
	guard->manager_at = instant_plus(now, interval);
}

static void worker_is_ready(struct guard *guard)
{
	guard->is_ready = true;
	if (!guard->is_told)
		guard_host_tell_manager(guard->host, "READY=1");
	guard->has_worked = guard->is_told = true;
}

static void asked_to_end(struct guard *guard)
{
	guard->is_asked_to_end = true;
	guard_host_tell_manager(guard->host, "STOPPING=1");
	guard_host_ask_worker(guard->host);
}

static struct instant next_wake(const struct guard *guard, struct instant enforce_at)
{
	struct instant next = instant_earlier(enforce_at, guard->start_at);
	next = instant_earlier(next, guard->manager_at);
	return guard->is_running ? instant_earlier(next, guard->check_at) : next;
}

/* True: the guard's work is done. */
static bool turn(struct guard *guard, int *status)
{
	struct worker_end end = {0};
	bool done = false;
	struct instant now = platform_now();
	struct instant next =
	    guard_enforce(guard->memory, guard->network, now, guard->is_releasing_all);
	if (atomic_load(&guard->memory->escalates))
		next = instant_earlier(
		    next, last_resort_follow(&guard->last_resort, guard->memory, platform_now()));
	next = shared_memory_guard_sleeps(guard->memory, now, next_wake(guard, next));
	unsigned wake = guard_host_wait(guard->host, next, &end);
	now = platform_now();
	if ((wake & WAKE_WORKER_READY) != 0)
		worker_is_ready(guard);
	if ((wake & WAKE_WORKER_REPLACE) != 0)
		guard->is_replacing = true;
	if ((wake & WAKE_HANGUP) != 0)
		guard_say(LEVEL_WARNING,
		          "guard: SIGHUP is ignored: `failoverd reload --binary` takes over "
		          "a new program or configuration");
	if ((wake & WAKE_ASKED_TO_END) != 0) {
		asked_to_end(guard);
		/* Nobody is there to be asked. */
		done = !guard->is_running;
		*status = 0;
	}
	if ((wake & WAKE_WORKER_ENDED) != 0)
		done = worker_ended(guard, &end, status);
	if (instant_reached(now, guard->check_at))
		check_worker(guard, now);
	tell_manager(guard, now);
	if (!done && !guard->is_asked_to_end && instant_reached(now, guard->start_at))
		start_worker(guard);
	return done;
}

/* Brings down everything, however long it takes, unless it is asked to end once more. */
static void release_all(struct guard *guard)
{
	struct worker_end end;
	struct instant next = INSTANT_PAST;
	unsigned wake = 0;
	while (instant_before(next, INSTANT_NEVER) && (wake & WAKE_ASKED_TO_END) == 0) {
		next = guard_enforce(guard->memory, guard->network, platform_now(), true);
		if (instant_before(next, INSTANT_NEVER))
			wake = guard_host_wait(guard->host, next, &end);
	}
}

static enum code open_guard(struct guard *guard, const struct guard_settings *settings,
                            struct error *error)
{
	char lacking[LACKING_BYTES];
	bool fresh = false;
	enum code code = shared_memory_open(&guard->memory, settings->run_dir, &fresh, error);
	if (code == CODE_OK)
		code = reboot_reason_path(guard->last_resort.path, settings->state_dir, error);
	if (code == CODE_OK)
		code = network_open_deaf(&guard->network, error);
	if (code == CODE_OK)
		code = guard_host_open(&guard->host, lacking, sizeof lacking, error);
	if (code != CODE_OK)
		return error_wrap(error, "guard");
	if (lacking[0] != '\0')
		guard_say(LEVEL_WARNING, "guard: %s", lacking);
	/* A worker that cannot start, with something up here, is a death and no refusal. */
	guard->has_worked = ledger_is_used(guard->memory);
	atomic_store(&guard->memory->guard_pid, (int64_t)getpid());
	atomic_store(&guard->memory->worker_starts, 0);
	return CODE_OK;
}

enum code guard_run(const struct guard_settings *settings, int *status, struct error *error)
{
	struct guard guard = {.argv = settings->argv,
	                      .pause = span_ms(PAUSE_FIRST_S * 1000),
	                      .check_at = platform_now(),
	                      .manager_at = platform_now()};
	enum code code = open_guard(&guard, settings, error);
	if (code == CODE_OK)
		start_at_once(&guard);
	while (code == CODE_OK && !turn(&guard, status))
		;
	/* Nobody is left to bring down what may still be up at its lease end. */
	if (code == CODE_OK)
		release_all(&guard);
	guard_host_close(guard.host);
	network_close(guard.network);
	shared_memory_close(guard.memory);
	return code;
}

static void release_what_is_up(struct shared_memory *memory, struct network *network)
{
	const struct instant until = instant_plus(platform_now(), span_ms(RELEASE_LIMIT_S * 1000));
	while (
	    instant_before(guard_enforce(memory, network, platform_now(), true), INSTANT_NEVER)) {
		if (instant_reached(platform_now(), until)) {
			guard_say(LEVEL_ERROR,
			          "guard: what is still up here could not be released: see "
			          "`failoverd status` of the others, and end it by hand");
			return;
		}
		(void)nanosleep(&(struct timespec){.tv_nsec = ORPHAN_AGAIN_MS * 1000000}, NULL);
	}
}

void guard_release(const char *run_dir)
{
	struct shared_memory *memory = NULL;
	struct network *network = NULL;
	struct error error;
	char path[FILE_PATH_BYTES];
	int lock = -1;
	/* Where nothing ever ran nothing is made. */
	if (shared_memory_find(&memory, run_dir, &error) != CODE_OK)
		return;
	const struct worker_id worker = {atomic_load(&memory->worker_pid),
	                                 atomic_load(&memory->worker_started)};
	if (ledger_is_used(memory) && !guard_host_worker_lives(&worker) &&
	    file_path(path, run_dir, "lock", &error) == CODE_OK &&
	    platform_lock(path, &lock, &error) == CODE_OK &&
	    network_open_deaf(&network, &error) == CODE_OK)
		release_what_is_up(memory, network);
	network_close(network);
	shared_memory_close(memory);
	if (lock >= 0)
		(void)close(lock);
}
