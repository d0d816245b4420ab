/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic of a drifting clock, exact to a nanosecond and free of floating point.
 */
#include "tests/world/clock.h"

enum { MILLION = 1000000 };

/* True time beyond which nothing is planned: some days, far from overflow. */
static const int64_t horizon = INT64_C(1000000000) * 1000000;

static int64_t share(int64_t elapsed, int64_t ppm)
{
	return elapsed / MILLION * ppm + elapsed % MILLION * ppm / MILLION;
}

static int64_t local_after(const struct host_clock *clock, int64_t elapsed)
{
	return elapsed + share(elapsed, clock->ppm);
}

struct span clock_behind(const struct host_clock *clock, int64_t now)
{
	return (struct span){clock->behind - share(now - clock->true_base, clock->slewed)};
}

struct instant clock_show(const struct host_clock *clock, int64_t now)
{
	return (struct instant){clock->local_base + local_after(clock, now - clock->true_base)};
}

int64_t clock_true_span(const struct host_clock *clock, struct span span)
{
	int64_t rate = MILLION + clock->ppm;
	return span.ns / rate * MILLION + span.ns % rate * MILLION / rate;
}

int64_t clock_true(const struct host_clock *clock, struct instant when, int64_t now)
{
	struct instant shown = clock_show(clock, now);
	if (instant_reached(shown, when))
		return now;
	if (when.ns - shown.ns > horizon)
		return INT64_MAX;
	int64_t at = now + clock_true_span(clock, instant_since(when, shown));
	while (!instant_reached(clock_show(clock, at), when))
		at++;
	return at;
}

void clock_drift(struct host_clock *clock, int64_t now, int64_t ppm)
{
	clock->local_base = clock_show(clock, now).ns;
	clock->behind = clock_behind(clock, now).ns;
	clock->true_base = now;
	clock->ppm = ppm + clock->slewed;
}

void clock_slew(struct host_clock *clock, int64_t now, int64_t ppm)
{
	const int64_t drift = clock->ppm - clock->slewed;

	clock_drift(clock, now, drift);
	clock->slewed = ppm;
	clock->ppm = drift + ppm;
}
