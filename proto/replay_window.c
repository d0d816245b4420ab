/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A window of bits that moves with the newest page; see heard.h.
 */
#include "proto/replay_window.h"

#include <assert.h>

static_assert(LOSS_WINDOW == 64, "the window is one word");

bool replay_window_is_news(const struct replay_window *heard, struct stamp stamp)
{
	if (stamp_newer(stamp, heard->newest))
		return true;
	if (stamp.incarnation != heard->newest.incarnation)
		return false;
	uint64_t behind = heard->newest.seq - stamp.seq;
	return behind < LOSS_WINDOW && (heard->window >> behind & 1) == 0;
}

void replay_window_add(struct replay_window *heard, struct stamp stamp)
{
	assert(replay_window_is_news(heard, stamp));
	if (!stamp_newer(stamp, heard->newest)) {
		heard->window |= (uint64_t)1 << (heard->newest.seq - stamp.seq);
		return;
	}
	bool same_life = stamp.incarnation == heard->newest.incarnation;
	uint64_t ahead = same_life ? stamp.seq - heard->newest.seq : LOSS_WINDOW;
	heard->window = ahead < LOSS_WINDOW ? heard->window << ahead | 1 : 1;
	heard->newest = stamp;
}

struct replay_window replay_window_up_to(struct stamp newest)
{
	return (struct replay_window){.newest = newest, .window = UINT64_MAX};
}
