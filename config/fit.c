/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounds of a watchdog's time-out.
 */
#include "config/fit.h"

#include <assert.h>

#include "config/print.h"

static const struct span SECOND = {1000000000};
/* What devices may fire late, whatever their time-out; 2 % of it come on top, twice what clocks of
 * members may drift apart. */
static const struct span TICK = {100000000};
static const int64_t RATE_DIVISOR = 50;

static struct span whole_seconds(int64_t ns)
{
	return (struct span){ns < 0 ? 0 : ns - ns % SECOND.ns};
}

/* The longest that is fed in time. */
static struct span longest_by_lease(struct timing timing)
{
	return whole_seconds(timing.lease.ns + timing.release.ns / 2 - timing.heartbeat.ns);
}

/* The longest that is not too late where it is late. */
static struct span longest_by_release(struct timing timing)
{
	return whole_seconds((timing.release.ns / 2 - TICK.ns) * RATE_DIVISOR);
}

static struct span least_release(struct span timeout)
{
	return span_times(span_plus(TICK, span_divided(timeout, RATE_DIVISOR)), 2);
}

static enum code refuse_lease(struct timing timing, struct error *error)
{
	char lease[SPAN_TEXT_BYTES];
	span_text(timing.lease, lease);
	return error_set(error, CODE_INVALID,
	                 "no watchdog is fast enough for a lease of %s, because devices count in "
	                 "seconds; lease + release/2 - heartbeat must be at least 1s",
	                 lease);
}

static enum code refuse_timeout(struct span timeout, struct span longest, struct error *error)
{
	char text[SPAN_TEXT_BYTES], most[SPAN_TEXT_BYTES];
	span_text(timeout, text);
	span_text(longest, most);
	return error_set(error, CODE_INVALID,
	                 "a time-out of %s resets a host too late, when another may have started; "
	                 "at most %s (lease + release/2 - heartbeat) is possible",
	                 text, most);
}

static enum code refuse_release(struct timing timing, struct span timeout, struct error *error)
{
	char release[SPAN_TEXT_BYTES], text[SPAN_TEXT_BYTES], least[SPAN_TEXT_BYTES];
	span_text(timing.release, release);
	span_text(timeout, text);
	span_text(least_release(timeout), least);
	return error_set(
	    error, CODE_INVALID,
	    "a release of %s leaves too little room for a watchdog of %s that is late; "
	    "at least %s is needed",
	    release, text, least);
}

enum code fit_watchdog(struct timing timing, struct span wanted, struct span *timeout,
                       struct error *error)
{
	assert(wanted.ns % SECOND.ns == 0);
	struct span by_lease = longest_by_lease(timing), by_release = longest_by_release(timing);
	struct span fit = by_lease.ns < by_release.ns ? by_lease : by_release;
	if (fit.ns < SECOND.ns)
		fit = SECOND;
	if (wanted.ns != 0)
		fit = wanted;
	if (by_lease.ns < SECOND.ns)
		return refuse_lease(timing, error);
	if (fit.ns > by_lease.ns)
		return refuse_timeout(fit, by_lease, error);
	if (fit.ns > by_release.ns)
		return refuse_release(timing, fit, error);
	*timeout = fit;
	return CODE_OK;
}
