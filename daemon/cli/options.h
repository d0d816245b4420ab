/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of the command line: one table of names, defaults and help, and their parser. Options
 * and operands may stand in any order; "--" ends the options. Knows no subcommand.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/file.h"
#include "proto/clock.h"
#include "proto/error.h"
#include "proto/note.h"

enum option_kind {
	OPTION_CONFIG,
	OPTION_KEY,
	OPTION_STATE_DIR,
	OPTION_RUN_DIR,
	OPTION_LOG_LEVEL,
	OPTION_OUT,
	OPTION_JSON,
	OPTION_WATCH,
	OPTION_WAIT,
	OPTION_TIMEOUT,
	OPTION_BINARY,
	OPTION_EXPIRED,
	OPTION_HELP,
};
enum { OPTIONS = OPTION_HELP + 1, OPERANDS_MAX = 2 };

struct options {
	const char *config;
	const char *key;
	char handed_key[FILE_PATH_BYTES]; /* to which `key` may point */
	const char *state_dir;
	const char *run_dir;
	const char *out;
	enum note_level log_level;
	const char *log_word; /* the same as it was typed */
	struct span timeout;
	bool json;
	bool watch;
	bool wait;
	bool binary;
	bool expired;
	bool help;
	/* A key that only the daemon can read will do; then nobody is `self`; no option. */
	bool may_lack_key;
	bool only_errors; /* what was warned of a moment ago is not said again; no option */
	int operand_count;
	const char *operands[OPERANDS_MAX]; /* borrowed from argv */
};

/* Fills *options with the defaults, then with the words of argv. `accepts` is a set of bits;
 * --help is always accepted. CODE_INVALID with a sentence. */
enum code options_parse(int argc, char **argv, unsigned accepts, struct options *options,
                        struct error *error);

/* One help line for each option of the set, to stdout. */
void options_print(unsigned accepts);
