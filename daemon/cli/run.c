/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd run`: the guard, in the foreground; or, when a guard has started this process, the
 * worker.
 */
#include <stdio.h>
#include <uv.h>

#include "daemon/cli/host.h"
#include "daemon/daemon.h"
#include "daemon/file.h"
#include "daemon/guard/guard.h"
#include "daemon/platform/guard_host.h"
#include "daemon/platform/self.h"

enum { WORDS = 12 };

/* The words from which the worker, and a guard after this one, know what this process knows. */
struct words {
	const char *items[WORDS + 1];
	unsigned count;
};

static void add_words(struct words *words, const char *option, const char *value)
{
	words->items[words->count++] = option;
	words->items[words->count++] = value;
}

static char *const *make_words(const struct options *options, struct words *words)
{
	*words = (struct words){.count = 0};
	add_words(words, "failoverd", "run");
	add_words(words, "--config", options->config);
	add_words(words, "--key", options->key);
	add_words(words, "--state-dir", options->state_dir);
	add_words(words, "--run-dir", options->run_dir);
	add_words(words, "--log-level", options->log_word);
	return (char *const *)(uintptr_t)words->items; /* as exec wants it; nobody writes to it */
}

static enum exit_code fail(const struct error *error)
{
	(void)fprintf(stderr, "failoverd: run: %s\n", error->text);
	return EXIT_REFUSED;
}

static enum exit_code run_worker(struct host *host, const struct options *options,
                                 struct daemon_settings *settings)
{
	struct daemon *daemon = NULL;
	struct error error;
	enum exit_code result;
	bool fresh = false;
	enum code code = shared_memory_open(&settings->memory, options->run_dir, &fresh, &error);

	/* One worker thread is enough for one file, and each costs memory. */
	(void)uv_os_setenv("UV_THREADPOOL_SIZE", "1");
	settings->config = &host->config;
	settings->secret = host->secret;
	if (code == CODE_OK && fresh)
		code = error_set(&error, CODE_DAMAGED,
		                 "%s: the guard has another: was it removed? Restart the daemon",
		                 options->run_dir);
	if (code == CODE_OK)
		code = daemon_open(&daemon, settings, &error);
	host_close(host);
	if (code != CODE_OK) {
		shared_memory_close(settings->memory);
		return fail(&error);
	}
	result = daemon_run(daemon) ? EXIT_DONE : EXIT_REFUSED;
	daemon_close(daemon);
	shared_memory_close(settings->memory);
	return result;
}

/* What a worker would refuse, the guard refuses before there is one. */
static enum exit_code run_guard(const struct options *options, char *const argv[])
{
	const struct guard_settings settings = {
	    .run_dir = options->run_dir, .state_dir = options->state_dir, .argv = argv};
	char path[FILE_PATH_BYTES];
	struct error error;
	int lock = -1, status = EXIT_REFUSED;
	enum code code = file_make_directory(options->run_dir, 0755, &error);

	if (code == CODE_OK)
		code = file_path(path, options->run_dir, "lock", &error);
	/* One guard for each run directory; the lock goes with this process. */
	if (code == CODE_OK)
		code = platform_lock(path, &lock, &error);
	if (code == CODE_OK)
		code = guard_run(&settings, &status, &error);
	return code == CODE_OK ? (enum exit_code)status : fail(&error);
}

enum exit_code command_run(const struct options *options)
{
	struct words words;
	struct host *host = NULL;
	struct daemon_settings settings = {
	    .state_dir = options->state_dir,
	    .run_dir = options->run_dir,
	    .log_level = options->log_level,
	    .guard = -1,
	    .argv = make_words(options, &words),
	};
	bool is_worker = guard_channel_open(&settings.guard, &settings.is_managed);
	struct options quiet = *options;
	enum exit_code result;

	/* The guard has said it. */
	quiet.only_errors = is_worker;
	result = host_open(&host, &quiet);
	if (result != EXIT_DONE) {
		if (result == EXIT_CONFIG)
			(void)fputs("failoverd: run: refused; nothing was started\n", stderr);
		/* Also after a guard became this program, which cannot go back. */
		if (!is_worker)
			guard_release(options->run_dir);
		host_close(host);
		return result;
	}
	if (is_worker)
		return run_worker(host, options, &settings);
	host_close(host);
	return run_guard(options, settings.argv);
}
