/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd version`: the version of this binary and of the datagrams it speaks.
 */
#include <stdio.h>

#include "daemon/cli/commands.h"
#include "proto/wire.h"

enum exit_code command_version(const struct options *options)
{
	(void)options;
	(void)printf("failoverd %s (protocol %d.%d)\n", FAILOVERD_VERSION, WIRE_MAJOR, WIRE_MINOR);
	return EXIT_DONE;
}
