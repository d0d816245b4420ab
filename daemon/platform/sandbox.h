/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide for `check`, part three: to ask where the daemon would run
 * if its manager of services started it now. Blocks, for at most SANDBOX_WAIT_S.
 */
#pragma once

#include <stdbool.h>

#include "proto/error.h"

enum { SANDBOX_WAIT_S = 60 };

/*
 * Runs this program again with these words, the last one NULL, as the user and in the sandbox of
 * the daemon's unit, and prints what it says. `state` and `run` are the daemon's directories, which
 * the unit would make: they can be written where they are. CODE_OK: it ran, and `exit_code` is how
 * it ended. CODE_SYSTEM: such a sandbox cannot be made; `text` says why, and the unit will fail
 * alike. CODE_UNSUPPORTED: there is no such unit, nobody who could be asked, or no right to.
 */
enum code sandbox_run(const char *const *words, const char *state, const char *run, int *exit_code,
                      struct error *text);

/* Whether this process was started by sandbox_run. */
bool sandbox_is_here(void);
