/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A window of bits that moves with the newest page; see heard.h.
 */
#include "proto/heard.h"

#include <assert.h>

static_assert(LOSS_WINDOW == 64, "the window is one word");

bool heard_is_news(const struct heard *heard, struct stamp stamp)
{
	if (stamp_newer(stamp, heard->newest))
		return true;
	if (stamp.incarnation != heard->newest.incarnation)
		return false;
	uint64_t behind = heard->newest.seq - stamp.seq;
	return behind < LOSS_WINDOW && (heard->window >> behind & 1) == 0;
}

void heard_add(struct heard *heard, struct stamp stamp)
{
	assert(heard_is_news(heard, stamp));
	if (!stamp_newer(stamp, heard->newest)) {
		heard->window |= (uint64_t)1 << (heard->newest.seq - stamp.seq);
		return;
	}
	bool same_life = stamp.incarnation == heard->newest.incarnation;
	uint64_t ahead = same_life ? stamp.seq - heard->newest.seq : LOSS_WINDOW;
	heard->window = ahead < LOSS_WINDOW ? heard->window << ahead | 1 : 1;
	heard->newest = stamp;
}

struct heard heard_up_to(struct stamp newest)
{
	return (struct heard){.newest = newest, .window = UINT64_MAX};
}
