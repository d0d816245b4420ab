/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lease clock of one simulated host: true time seen through a rate and an offset. Knows nothing
 * of what runs on the host.
 */
#pragma once

#include <stdint.h>

#include "proto/clock.h"

/* True time of the world, in nanoseconds since it began. */
struct host_clock {
	int64_t true_base;  /* at this true time ... */
	int64_t local_base; /* ... the clock showed this */
	int64_t ppm;        /* fast by this many parts per million; negative: slow */
	int64_t slewed;     /* the part of it that the host's oscillator does not share */
	int64_t behind;     /* the oscillator, at true_base */
};

/* What the clock shows at true time `now`. */
struct instant clock_show(const struct host_clock *clock, int64_t now);

/* By how much it is behind the oscillator. */
struct span clock_behind(const struct host_clock *clock, int64_t now);

/* The first true time, not before `now`, at which the clock shows `when` or more. INT64_MAX for
 * what will not come. */
int64_t clock_true(const struct host_clock *clock, struct instant when, int64_t now);

/* How long `span` on this clock lasts in truth, rounded down. */
int64_t clock_true_span(const struct host_clock *clock, struct span span);

/* Changes the rate without a jump. */
void clock_drift(struct host_clock *clock, int64_t now, int64_t ppm);

/* The same, by a time daemon: the oscillator keeps its rate. */
void clock_slew(struct host_clock *clock, int64_t now, int64_t ppm);
