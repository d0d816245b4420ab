/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting of arrivals and smoothing of round trips; see path.h.
 */
#include "proto/path.h"

/* So many in a row may be slow because a machine was busy. */
enum { SAMPLES = 16 };

static uint8_t bits_of(uint64_t window)
{
	uint8_t bits = 0;
	for (; window != 0; window &= window - 1)
		bits++;
	return bits;
}

/* A new life of the peer starts its sequence again, and so the window. */
static void start_window(struct path *path, struct stamp stamp)
{
	path->newest = stamp;
	path->window = 1;
	path->expected = 1;
}

void path_arrival(struct path *path, struct stamp stamp, struct instant now)
{
	path->heard_at = now;
	if (!path->heard || stamp.incarnation != path->newest.incarnation) {
		path->heard = true;
		start_window(path, stamp);
		return;
	}
	if (stamp.seq <= path->newest.seq) {
		uint64_t behind = path->newest.seq - stamp.seq;
		if (behind < LOSS_WINDOW)
			path->window |= (uint64_t)1 << behind;
		return;
	}
	uint64_t ahead = stamp.seq - path->newest.seq;
	path->window = ahead < LOSS_WINDOW ? path->window << ahead | 1 : 1;
	path->expected =
	    (uint8_t)(path->expected + ahead < LOSS_WINDOW ? path->expected + ahead : LOSS_WINDOW);
	path->newest = stamp;
}

uint8_t path_loss(const struct path *path, struct stamp newest)
{
	if (!path->heard || path->newest.incarnation != newest.incarnation)
		return 100;
	/* On another path the peer may be further. */
	uint64_t behind = newest.seq > path->newest.seq ? newest.seq - path->newest.seq : 0;
	if (behind >= LOSS_WINDOW)
		return 100;
	uint64_t expected = path->expected + behind;
	if (expected > LOSS_WINDOW)
		expected = LOSS_WINDOW;
	uint64_t arrived = bits_of(path->window << behind);
	if (arrived >= expected)
		return 0;
	return (uint8_t)((expected - arrived) * 100 / expected);
}

static void note_quickest(struct path *path, struct span sample)
{
	if (path->samples == 0 || sample.ns < path->least.ns)
		path->least = sample;
	if (++path->samples < SAMPLES)
		return;
	path->least_before = path->least;
	path->samples = 0;
}

void path_round_trip(struct path *path, struct span sample)
{
	if (sample.ns < 0)
		return; /* the peer rounds the age of its echo */
	if (!path->has_rtt)
		path->rtt = sample;
	else
		path->rtt.ns += (sample.ns - path->rtt.ns) / 8;
	path->has_rtt = true;
	note_quickest(path, sample);
}

struct span path_quickest(const struct path *path)
{
	bool is_present = path->samples > 0 && path->least.ns < path->least_before.ns;
	return is_present ? path->least : path->least_before;
}
