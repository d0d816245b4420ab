/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exit statuses of a shell that could not run what it was to run are no answer. Nor is the one
 * that `systemctl is-active` gives for a unit on its way down: it ends with 3, as for a unit that
 * is down, and only its word tells the two apart.
 */
#include "daemon/resource/verdict.h"

#include <stddef.h>
#include <string.h>

/* sh(1): found but not executable, not found. */
enum { SHELL_CANNOT_RUN = 126, SHELL_NOT_FOUND = 127 };

static bool is_on_its_way(const char *line)
{
	static const char *const words[] = {"deactivating", "activating", "reloading", "refreshing",
	                                    "maintenance"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(line, words[i]) == 0)
			return true;
	return false;
}

enum verdict_of_status verdict_of_status(bool exited, int number, const char *last_line)
{
	if (!exited || number == SHELL_CANNOT_RUN || number == SHELL_NOT_FOUND)
		return STATUS_PROVES_NOTHING;
	if (number == 0 || is_on_its_way(last_line))
		return STATUS_SAYS_UP;
	return STATUS_SAYS_NOT_UP;
}
