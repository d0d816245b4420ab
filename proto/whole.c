/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two windows of bits that move with the newest page; see whole.h. The pages of a heartbeat have
 * numbers in a row, so they are complete when none is missing between one first page and the next.
 */
#include "proto/whole.h"

#include <assert.h>

/* A heartbeat, a page of its own for what was switched off, and the next first page. */
static_assert(LOSS_WINDOW == 64 && PAGES_MAX + 2 <= LOSS_WINDOW, "a heartbeat fits the window");

void whole_add(struct whole *whole, struct stamp stamp, bool is_first)
{
	if (stamp.incarnation != whole->newest.incarnation)
		*whole = (struct whole){.newest = stamp};
	if (stamp_newer(stamp, whole->newest)) {
		uint64_t ahead = stamp.seq - whole->newest.seq;
		whole->pages = ahead < LOSS_WINDOW ? whole->pages << ahead : 0;
		whole->firsts = ahead < LOSS_WINDOW ? whole->firsts << ahead : 0;
		whole->newest = stamp;
	}
	uint64_t behind = whole->newest.seq - stamp.seq;
	if (behind >= LOSS_WINDOW)
		return;
	whole->pages |= (uint64_t)1 << behind;
	whole->firsts |= (uint64_t)is_first << behind;
}

bool whole_is_heard(const struct whole *whole)
{
	bool has_end = false;
	for (unsigned i = 0; i < LOSS_WINDOW; i++) {
		bool is_first = (whole->firsts >> i & 1) != 0;
		if (is_first && has_end)
			return true;
		has_end = (has_end || is_first) && (whole->pages >> i & 1) != 0;
	}
	return false;
}
