/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roles that an earlier life of this daemon owns and that the configuration does not let this
 * member own any more. What they are made of stands in the configuration of that life, which is
 * kept in the run directory for it. Knows no votes; how such a role is given up is in
 * proto/retire.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "proto/state.h"

struct daemon;

/*
 * Before anything is cleaned up: adds to daemon->config, which is `file` so far, the roles that
 * `kept` has a claim to and that it does not list setup.self for, as they were. A role of which
 * nothing is known is left out: what it has running here is then ended like any leftover. Says in
 * the log what becomes of each. Blocks.
 */
void retire_open(struct daemon *daemon, const struct config *file, const struct kept *kept);

/* After each step: once all retired roles are down here, the next life begins with `file` as its
 * earlier configuration. */
void retire_follow(struct daemon *daemon);
void retire_close(struct daemon *daemon);

/* Whether `role` may start: nothing it would start is a resource of a retired role that is not down
 * yet, or has the name of one. */
bool retire_allows(const struct daemon *daemon, uint8_t role);
