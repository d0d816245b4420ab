/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both ends of the connection between guard and worker must agree on.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

/* In the environment of a worker: the number of its end, and whether a service manager starts
 * guards. */
static const char GUARD_CHANNEL_NAME[] = "FAILOVERD_GUARD";
static const char GUARD_MANAGED_NAME[] = "FAILOVERD_MANAGED";

/* What the worker says, a byte each. */
static const char GUARD_WORD_READY = 'r';
static const char GUARD_WORD_REPLACE = 'b';
static const char GUARD_WORD_LOOK = 'l';

/* The file this program was started from, also when another stands there by now. */
bool guard_channel_program(char path[PATH_MAX]);
/* Between fork and exec. */
void guard_channel_unblock_signals(void);
