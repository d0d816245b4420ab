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

struct log;
struct member;

struct retire_settings {
	struct config *config; /* borrowed until retire_close, as are the rest; see retire_open */
	const char *run_dir;
	const struct member *member; /* not asked before retire_follow */
	struct log *log;
	bool is_kept; /* what is up here outlives this process: the configuration must, too */
};

struct retire {
	struct retire_settings settings;
	struct config *file; /* owned: while a role is being given up; else NULL */
};

/*
 * Before anything is cleaned up: adds to settings->config, which is `file` so far, the roles that
 * `kept` has a claim to and that it does not list setup.self for, as they were. A role of which
 * nothing is known is left out: what it has running here is then ended like any leftover. Says in
 * the log what becomes of each. Blocks.
 */
void retire_open(struct retire *retire, const struct retire_settings *settings,
                 const struct config *file, const struct kept *kept);

/* After each step: once all retired roles are down here, the next life begins with `file` as its
 * earlier configuration. */
void retire_follow(struct retire *retire);
void retire_close(struct retire *retire);

/* Whether `role` may start: nothing it would start is a resource of a retired role that is not down
 * yet, or has the name of one. */
bool retire_allows(const struct retire *retire, uint8_t role);
