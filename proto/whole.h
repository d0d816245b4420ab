/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a whole heartbeat of a peer was heard: all of its pages, from a first page up to the next
 * first page. Only then is everything known that the peer had to say: a role that stood on a page
 * which was lost is otherwise taken for one that the peer knows nothing of.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/heartbeat.h"

struct whole {
	struct stamp newest;
	uint64_t pages;  /* bit i: the page newest.seq - i was heard */
	uint64_t firsts; /* and was the first of its heartbeat */
};

/* Notes a page of the peer; pages of one heartbeat may overtake each other. */
void whole_add(struct whole *whole, struct stamp stamp, bool is_first);

/* All pages of some heartbeat among the last LOSS_WINDOW pages were noted. */
bool whole_is_heard(const struct whole *whole);
