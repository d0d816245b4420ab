/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd pause`: asks this host's daemon and prints what became of it.
 */
#include "daemon/cli/client.h"

enum exit_code command_pause(const struct options *options)
{
	return client_command(options, "pause", NULL, options->operands[0]);
}
