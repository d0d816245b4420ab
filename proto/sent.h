/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When each of this member's own recent pages was sent and what it declared. It dates votes and
 * proves freshness. Forgetting old pages is safe: what is not found does not count.
 */
#pragma once

#include <stdint.h>

#include "proto/clock.h"
#include "proto/limits.h"

struct sent {
	uint64_t seq; /* 0: empty */
	struct instant at;
	struct span lease; /* declared by that page */
	struct span release;
};

struct sent_log {
	struct sent entries[SENT_MAX];
};

void sent_add(struct sent_log *log, struct sent sent);

/* The clock that dated them stood still for so long, some time after. */
void sent_count_as_earlier(struct sent_log *log, struct span missed);

/* NULL when the page is unknown or forgotten. */
const struct sent *sent_find(const struct sent_log *log, uint64_t seq);
