/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd start`: asks this host's daemon and prints what became of it.
 */
#include "daemon/cli/client.h"

enum exit_code command_start(const struct options *options)
{
	return client_command(options, "start", options->operands[0], NULL);
}
