/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the process begins: hands argv to the table of subcommands. Knows nothing else.
 */
#include "daemon/cli/commands.h"

int main(int argc, char **argv)
{
	return commands_main(argc, argv);
}
