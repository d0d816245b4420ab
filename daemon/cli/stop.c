/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd stop`: asks this host's daemon and prints what became of it.
 */
#include "daemon/cli/client.h"

enum exit_code command_stop(const struct options *options)
{
	return client_command(options, "stop", options->operands[0], NULL);
}
