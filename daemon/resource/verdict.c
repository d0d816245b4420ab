/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exit statuses of a shell that could not run what it was to run are no answer. Nor is the one
 * that `systemctl is-active` gives for a unit on its way down: it ends with 3, as for a unit that
 * is down, and only its word tells the two apart.
 */
#include "daemon/resource/verdict.h"

#include <stddef.h>
#include <string.h>

/* sh(1): found but not executable, not found. And what the LSB has for "unknown". */
enum { SHELL_CANNOT_RUN = 126, SHELL_NOT_FOUND = 127, LSB_UNKNOWN = 4 };

/* How systemctl begins what it writes when it could not ask, and ends with 1 then. */
static const char COULD_NOT_ASK[] = "Failed to ";

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
	if (!exited || number == SHELL_CANNOT_RUN || number == SHELL_NOT_FOUND ||
	    number == LSB_UNKNOWN)
		return STATUS_PROVES_NOTHING;
	if (number != 0 && strncmp(last_line, COULD_NOT_ASK, sizeof COULD_NOT_ASK - 1) == 0)
		return STATUS_PROVES_NOTHING;
	if (number == 0 || is_on_its_way(last_line))
		return STATUS_SAYS_UP;
	return STATUS_SAYS_NOT_UP;
}
