/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long the `stop` of a script takes, as measured on this host since it booted, in a small file
 * of the run directory: the command line reads what the daemon wrote. Knows neither what is stopped
 * nor when.
 */
#pragma once

#include <stdbool.h>

#include "config/config.h"
#include "proto/clock.h"

struct stop_time {
	bool is_known; /* false: it was not measured, or another command is the stop now */
	struct span last, longest;
};

/* Blocks for a read of a file system in memory. */
struct stop_time stop_time_find(const char *run_dir, const struct config_resource *resource);
/* It took so long once more. What cannot be written is measured again after the next start. */
void stop_time_add(struct stop_time *time, const char *run_dir,
                   const struct config_resource *resource, struct span took);
/* Whether it may not fit into `release`, of which a host that was busy or frozen has used some
 * before `stop` begins: it took more than half of that once. */
bool stop_time_is_long(const struct stop_time *time, struct timing timing);
