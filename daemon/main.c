/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the process begins: sees to the standard descriptors, then hands argv to the table of
 * subcommands. Knows nothing else.
 */
#include <stdio.h>

#include "daemon/cli/commands.h"
#include "daemon/platform/self.h"

int main(int argc, char **argv)
{
	struct error error;

	/* A service manager or a script may have closed them. */
	if (platform_open_standard(&error) != CODE_OK) {
		(void)fprintf(stderr, "failoverd: %s\n", error.text);
		return EXIT_REFUSED;
	}
	return commands_main(argc, argv);
}
