/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pages of a peer were heard: the newest, and which of the last LOSS_WINDOW before it. Each
 * page counts once. One that comes behind a newer one still counts, for pages of one heartbeat may
 * overtake each other, over two paths or in one network; what it says of a role counts only if no
 * newer page spoke of that role (peers.c), so nothing is ever taken back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/heartbeat.h"

struct replay_window {
	struct stamp newest;
	uint64_t window; /* bit i: newest.seq - i was heard, or counts as heard */
};

/* Not heard before, as far as can be told. */
bool replay_window_is_news(const struct replay_window *heard, struct stamp stamp);
/* Notes a page that is news. */
void replay_window_add(struct replay_window *heard, struct stamp stamp);
/* Nothing before `newest` is news any more: which of it was heard is not known. */
struct replay_window replay_window_up_to(struct stamp newest);
