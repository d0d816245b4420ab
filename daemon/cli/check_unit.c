/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole check once more as the unit would run the daemon, while none runs: what the unit may
 * not see or do is missing, whatever root may.
 */
#include "daemon/cli/check.h"
#include "daemon/platform/sandbox.h"

enum { ARGUMENTS_MAX = 10 };

bool check_in_unit(struct check *check, enum exit_code *result)
{
	const struct options *options = check->options;
	const char *words[ARGUMENTS_MAX] = {"check",         "--config",         options->config,
	                                    "--state-dir",   options->state_dir, "--run-dir",
	                                    options->run_dir};
	int code = -1;
	if (check->guard != 0)
		return false;
	/* The unit hands over its own. */
	if (options->key != options->handed_key) {
		words[7] = "--key";
		words[8] = options->key;
	}
	const enum code done =
	    sandbox_run(words, options->state_dir, options->run_dir, &code, &check->unit);
	if (done == CODE_OK)
		*result = code >= 0 ? (enum exit_code)code : EXIT_REFUSED;
	return done == CODE_OK;
}
