/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the end of a `status` command proves about a resource that is to be down. Pure; knows
 * neither who asked nor what follows from it.
 */
#pragma once

#include <stdbool.h>

enum verdict_of_status {
	STATUS_PROVES_NOTHING, /* it was killed, could not be run, or says that it cannot tell */
	STATUS_SAYS_UP,
	STATUS_SAYS_NOT_UP,
};

/*
 *   exited     it ended by itself; false: killed by a signal, or never started
 *   number     its exit status
 *   last_line  the last line of what it wrote, "" for none
 */
enum verdict_of_status verdict_of_status(bool exited, int number, const char *last_line);
