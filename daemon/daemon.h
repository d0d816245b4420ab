/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A running daemon, as the command that runs it sees it. What it is made of is in root.h.
 */
#pragma once

#include <stdbool.h>

#include "daemon/settings.h"
#include "proto/error.h"

struct daemon;

/* Everything up to the first heartbeat. Blocks. On failure nothing is left open. */
enum code daemon_open(struct daemon **daemon, const struct daemon_settings *settings,
                      struct error *error);
/* Runs until it has left. True: nothing of what it owned is still up. */
bool daemon_run(struct daemon *daemon);
void daemon_close(struct daemon *daemon);
