/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages for tests of everything between struct heartbeat and its bytes: a plain one, the largest
 * one, any number of random ones, and whether two say the same.
 */
#pragma once

#include <stdbool.h>

#include "proto/heartbeat.h"
#include "tests/proto/random.h"

/* The smallest page that passes heartbeat_check: cluster 1, sender 2, stamp (1, 1). */
struct heartbeat page_plain(void);
/* 15 echoes of 4 paths, every request and answer, and no role. */
struct heartbeat page_crowded(void);
/* 15 echoes of 4 paths, and as many members that were switched off; no requests. */
struct heartbeat page_fenced(void);
/* As many resources as a page speaks of, with as much text. */
struct heartbeat page_resources(void);
/* The largest role report; `role` is its id. */
struct role_report role_largest(uint64_t role);
/* Passes heartbeat_check and fits into a body. */
struct heartbeat page_random(struct random *random);

bool page_equal(const struct heartbeat *a, const struct heartbeat *b);
