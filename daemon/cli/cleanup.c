/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd cleanup`: ends what a daemon that does not run any more has left on this host. Needs
 * no valid configuration: what is up stands in notes in the run directory, and so does whose gate a
 * gate is.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "daemon/cli/host.h"
#include "daemon/file.h"
#include "daemon/guard/enforce.h"
#include "daemon/guard/shared_memory.h"
#include "daemon/platform/gate.h"
#include "daemon/platform/guard_host.h"
#include "daemon/platform/platform.h"
#include "daemon/platform/self.h"
#include "daemon/resource/runner.h"

enum {
	PAUSE_MS = 5,
	LIMIT_MS = 10000, /* for one step to succeed */
};

struct cleanup {
	const struct options *options;
	struct shared_memory *memory; /* owned; NULL: there is none, or none that can be believed */
	unsigned done;                /* things ended */
};

static void say(void *context, const char *line)
{
	struct cleanup *cleanup = context;
	cleanup->done++;
	(void)printf("%s\n", line);
}

static bool in_time(struct instant since)
{
	uv_sleep(PAUSE_MS);
	return instant_since(platform_now(), since).ns < span_ms(LIMIT_MS).ns;
}

/* --- what belongs to leases that are over */

static bool lease_is_over(const struct shared_memory *memory, uint64_t role, struct instant now)
{
	return instant_reached(now, shared_memory_end(memory, role, LEDGER_ADDRESS));
}

/* Something may be up of a role whose lease was over at `now`. NULL: nothing is. */
static const struct ledger_entry *find_overdue(const struct shared_memory *memory,
                                               struct instant now)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		if (atomic_load(&memory->entries[i].state) == LEDGER_UP &&
		    memory->entries[i].kind != LEDGER_SCRIPT &&
		    lease_is_over(memory, memory->entries[i].role, now))
			return &memory->entries[i];
	return NULL;
}

/* Only their `stop` ends them, which may take longer than the caller waits. */
static void name_scripts(struct cleanup *cleanup, struct instant now)
{
	for (size_t i = 0; i < LEDGER_ENTRIES; i++) {
		const struct ledger_entry *entry = &cleanup->memory->entries[i];
		if (atomic_load(&entry->state) != LEDGER_UP || entry->kind != LEDGER_SCRIPT ||
		    !lease_is_over(cleanup->memory, entry->role, now))
			continue;
		cleanup->done++;
		(void)printf("resource %s: may still run here: its lease is over, and its stop "
		             "command has not succeeded; the next start of the daemon, or "
		             "`failoverd cleanup`, stops it\n",
		             entry->resource);
	}
}

/* What the guard would do, which is gone. Also beside a daemon that runs: it does nothing that the
 * guard of that one would not do at the same moment. */
static enum code end_expired(struct cleanup *cleanup, struct error *error)
{
	const struct ledger_entry *overdue;
	struct network *network = NULL;
	const struct instant now = platform_now();
	if (cleanup->memory == NULL) {
		(void)printf("nothing tells of a lease here; the next start of the daemon ends "
		             "whatever is left\n");
		return CODE_OK;
	}
	enum code code = network_open_deaf(&network, error);
	/* Processes are given the time that a release of the role has for its stop commands. */
	while (code == CODE_OK && (overdue = find_overdue(cleanup->memory, now)) != NULL) {
		cleanup->done++;
		(void)guard_enforce(cleanup->memory, network, platform_now(), false);
		if (!in_time(now))
			code = error_set(error, CODE_TIMEOUT,
			                 "resource %s: its lease is over and it is still up",
			                 overdue->resource);
	}
	network_close(network);
	name_scripts(cleanup, now);
	if (code == CODE_OK && cleanup->done == 0)
		(void)printf("nothing is up here without a lease\n");
	return code;
}

/* --- everything */

static enum code end_worker(struct cleanup *cleanup, struct error *error)
{
	struct shared_memory *memory = cleanup->memory;
	const struct instant since = platform_now();
	char line[96];
	if (memory == NULL || atomic_load(&memory->worker_pid) == 0)
		return CODE_OK;
	const struct worker_id worker = {atomic_load(&memory->worker_pid),
	                                 atomic_load(&memory->worker_started)};
	if (guard_host_end_orphan(&worker))
		return CODE_OK;
	while (!guard_host_end_orphan(&worker))
		if (!in_time(since))
			return error_set(error, CODE_TIMEOUT,
			                 "process %" PRId64 ", a worker without a guard, does not "
			                 "end",
			                 worker.pid);
	(void)snprintf(line, sizeof line, "process %" PRId64 ": a worker without a guard: ended",
	               worker.pid);
	say(cleanup, line);
	return CODE_OK;
}

static enum code take_gates_down(struct cleanup *cleanup, struct error *error)
{
	unsigned removed = 0;
	enum code code = gate_remove_others(cleanup->options->run_dir, NULL, &removed, error);
	if (removed > 0)
		say(cleanup, "packet gate: taken down");
	if (code == CODE_DENIED)
		(void)fprintf(stderr,
		              "failoverd: cleanup: a packet gate, if the daemon ran as another "
		              "user, was left: %s\n",
		              error->text);
	/* A program built without it has made none, and a user who may not see one neither. */
	return code == CODE_UNSUPPORTED || code == CODE_DENIED ? CODE_OK : code;
}

/* Without a configuration, the records tell all that was ever up. */
static enum code end_all(struct cleanup *cleanup, struct error *error)
{
	struct options quiet = *cleanup->options;
	struct host *host = NULL;
	struct config *none = calloc(1, sizeof *none);
	if (none == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	quiet.only_errors = true;
	const bool has_config = host_open(&host, &quiet) == EXIT_DONE;
	if (!has_config)
		(void)fprintf(stderr, "failoverd: cleanup: continues with the notes in %s alone\n",
		              quiet.run_dir);
	const struct runner_cleaning cleaning = {
	    .config = has_config ? &host->config : none,
	    .run_dir = quiet.run_dir,
	    .memory = cleanup->memory,
	    .report = say,
	    .context = cleanup,
	};
	enum code code = end_worker(cleanup, error);
	if (code == CODE_OK)
		code = runner_clean(&cleaning, error);
	if (code == CODE_OK && cleanup->memory != NULL)
		shared_memory_release(cleanup->memory);
	/* Last: until then it keeps silent what could not be ended. */
	if (code == CODE_OK)
		code = take_gates_down(cleanup, error);
	host_close(host);
	free(none);
	if (code == CODE_OK && cleanup->done == 0)
		(void)printf("nothing was left here\n");
	return code;
}

/* No daemon may start meanwhile, so the lock stays with this process. */
static enum code lock_out(const struct options *options, struct error *error)
{
	char path[FILE_PATH_BYTES];
	int lock = -1;
	enum code code = file_path(path, options->run_dir, "lock", error);
	if (code == CODE_OK)
		code = platform_lock(path, &lock, error);
	return code == CODE_EXISTS ? error_wrap(error, "stop the daemon first") : code;
}

static bool is_directory(const char *path)
{
	uv_fs_t request;
	int failed = uv_fs_stat(NULL, &request, path, NULL);
	bool is = failed == 0 && (request.statbuf.st_mode & S_IFMT) == S_IFDIR;
	uv_fs_req_cleanup(&request);
	return is;
}

enum exit_code command_cleanup(const struct options *options)
{
	struct cleanup cleanup = {.options = options};
	struct error error;
	const bool has_run_dir = is_directory(options->run_dir);
	enum code code = CODE_OK;
	if (has_run_dir && !options->expired)
		code = lock_out(options, &error);
	if (code == CODE_OK && has_run_dir) {
		code = shared_memory_find(&cleanup.memory, options->run_dir, &error);
		code = code == CODE_NOT_FOUND ? CODE_OK : code;
	}
	if (code == CODE_OK)
		code = options->expired ? end_expired(&cleanup, &error) : end_all(&cleanup, &error);
	shared_memory_close(cleanup.memory);
	if (code == CODE_OK)
		return EXIT_DONE;
	(void)fprintf(stderr, "failoverd: cleanup: %s\n", error.text);
	return EXIT_REFUSED;
}
