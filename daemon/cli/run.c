/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd run`: the daemon, in the foreground.
 */
#include <stdio.h>
#include <uv.h>

#include "daemon/cli/host.h"
#include "daemon/daemon.h"

enum exit_code command_run(const struct options *options)
{
	struct host *host = NULL;
	struct daemon *daemon = NULL;
	struct error error;
	enum exit_code result;

	/* One worker thread is enough for one file, and each costs memory. */
	(void)uv_os_setenv("UV_THREADPOOL_SIZE", "1");
	result = host_open(&host, options);
	if (result == EXIT_DONE) {
		const struct daemon_settings settings = {
		    .config = &host->config,
		    .secret = host->secret,
		    .state_dir = options->state_dir,
		    .run_dir = options->run_dir,
		    .log_level = options->log_level,
		};

		if (daemon_open(&daemon, &settings, &error) != CODE_OK) {
			(void)fprintf(stderr, "failoverd: run: %s\n", error.text);
			result = EXIT_REFUSED;
		}
	} else if (result == EXIT_CONFIG) {
		(void)fputs("failoverd: run: refused; nothing was started\n", stderr);
	}
	host_close(host);
	if (result != EXIT_DONE)
		return result;
	result = daemon_run(daemon) ? EXIT_DONE : EXIT_REFUSED;
	daemon_close(daemon);
	return result;
}
