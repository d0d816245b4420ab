/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subcommands of the one binary: their table, what each accepts, the exit codes all of them
 * share. Usage and help are printed from these tables. Knows nothing of what a subcommand does.
 */
#pragma once

#include <stdbool.h>

#include "daemon/cli/options.h"

/* Documented in failoverd(8), for all subcommands alike. */
enum exit_code {
	EXIT_DONE = 0,        /* done; status: a quorum is seen and every wanted role is active */
	EXIT_REFUSED = 1,     /* it failed or was refused; the text says why */
	EXIT_USAGE = 2,       /* the command line is wrong */
	EXIT_UNHEALTHY = 3,   /* status: no quorum, or a wanted role is not active */
	EXIT_NOT_RUNNING = 4, /* the daemon of this host does not answer */
	EXIT_CONFIG = 5,      /* the configuration or the key cannot be used */
	EXIT_DEGRADED = 6,    /* status: all is up, and one more failure would be an outage */
};

struct subcommand {
	const char *name;
	const char *operands; /* as usage shows them; "" for none */
	unsigned accepts;     /* set of enum option_kind, as bits */
	int least, most;      /* operands */
	enum exit_code (*run)(const struct options *options);
	const char *summary; /* one line for the list */
	const char *details; /* paragraphs for `help COMMAND` */
};

/* Finds the subcommand of argv, parses the rest and runs it; the result is the exit code. */
int commands_main(int argc, char **argv);

enum exit_code command_run(const struct options *options);
enum exit_code command_keygen(const struct options *options);
enum exit_code command_check(const struct options *options);
enum exit_code command_status(const struct options *options);
enum exit_code command_move(const struct options *options);
enum exit_code command_stop(const struct options *options);
enum exit_code command_start(const struct options *options);
enum exit_code command_pause(const struct options *options);
enum exit_code command_resume(const struct options *options);
enum exit_code command_clear(const struct options *options);
enum exit_code command_reload(const struct options *options);
enum exit_code command_adopt_voters(const struct options *options);
enum exit_code command_cleanup(const struct options *options);
enum exit_code command_version(const struct options *options);
