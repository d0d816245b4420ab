/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other stations that say an address of ours is theirs: how many signs there were, and which of
 * them are answered. Two that answered each other's every word would flood the link and help
 * nobody; one that never answered would leave its neighbours with a stale entry after a single
 * wrong frame. So the first sign is answered at once, those that go on more and more rarely. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"

enum { STATION_BYTES = 6, STATION_TEXT_BYTES = 18 };

/* All zero: there was none. */
struct address_conflict {
	uint32_t signs;
	uint8_t station[STATION_BYTES]; /* of the last */
	struct instant heard_at;        /* likewise */
	struct instant answer_at;       /* not before */
	struct span pause;              /* between the last answer and that */
};

/* True: to be answered, and told. */
bool address_conflict_hear(struct address_conflict *conflict, const uint8_t station[STATION_BYTES],
                           struct instant now);
/* The last one, "02:00:5e:00:53:01". */
void address_conflict_station(const struct address_conflict *conflict,
                              char text[STATION_TEXT_BYTES]);
