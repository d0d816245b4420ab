/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quality of one path from a peer: when something last arrived, what was lost, the round trip.
 * For people, for the echo, and to see whether a lease can be held over it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/heartbeat.h"

struct path {
	bool heard;
	struct instant heard_at;
	struct stamp newest;
	uint64_t window;  /* bit i: newest.seq - i arrived */
	uint8_t expected; /* bits of the window that mean something */
	bool has_rtt;
	struct span rtt;                 /* smoothed */
	struct span least, least_before; /* quickest of the present samples and of those before */
	uint8_t samples;                 /* present ones */
	uint8_t loss_out;                /* percent of our pages that the peer missed on it */
};

/* A page with this stamp arrived on the path. */
void path_arrival(struct path *path, struct stamp stamp, struct instant now);

/* Percent of the last LOSS_WINDOW pages up to `newest`, the peer's newest on any path, that did not
 * arrive on this one. */
uint8_t path_loss(const struct path *path, struct stamp newest);

void path_round_trip(struct path *path, struct span sample);

/* The quickest round trip of the last 16 to 32; 0: too few were measured. */
struct span path_quickest(const struct path *path);
