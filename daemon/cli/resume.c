/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd resume`: asks this host's daemon and prints what became of it.
 */
#include "daemon/cli/client.h"

enum exit_code command_resume(const struct options *options)
{
	return client_command(options, "resume", NULL, options->operands[0]);
}
