/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed time. An instant is a reading of one member's own lease clock (which counts suspend); a
 * span is a difference of two. Instants of different members are never compared. This file reads
 * no clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct instant {
	int64_t ns;
};

struct span {
	int64_t ns;
};

/* Before and after every instant a clock can show. */
static const struct instant INSTANT_PAST = {INT64_MIN / 4};
static const struct instant INSTANT_NEVER = {INT64_MAX / 4};

static inline struct span span_ms(int64_t ms)
{
	return (struct span){ms * 1000000};
}

static inline struct span span_us(int64_t us)
{
	return (struct span){us * 1000};
}

static inline struct span span_plus(struct span a, struct span b)
{
	return (struct span){a.ns + b.ns};
}

static inline struct span span_times(struct span a, int64_t n)
{
	return (struct span){a.ns * n};
}

static inline struct span span_divided(struct span a, int64_t n)
{
	return (struct span){a.ns / n};
}

static inline struct instant instant_plus(struct instant t, struct span d)
{
	return (struct instant){t.ns + d.ns};
}

static inline struct instant instant_minus(struct instant t, struct span d)
{
	return (struct instant){t.ns - d.ns};
}

/* Moves an instant that a clock can show; the two others stay what they are. */
static inline struct instant instant_shift(struct instant t, int64_t ns)
{
	return t.ns == INSTANT_PAST.ns || t.ns == INSTANT_NEVER.ns ? t
	                                                           : (struct instant){t.ns + ns};
}

static inline struct span instant_since(struct instant later, struct instant earlier)
{
	return (struct span){later.ns - earlier.ns};
}

static inline bool instant_before(struct instant a, struct instant b)
{
	return a.ns < b.ns;
}

/* True from the moment `t` on. */
static inline bool instant_reached(struct instant now, struct instant t)
{
	return now.ns >= t.ns;
}

static inline struct instant instant_earlier(struct instant a, struct instant b)
{
	return a.ns < b.ns ? a : b;
}

static inline struct instant instant_later(struct instant a, struct instant b)
{
	return a.ns > b.ns ? a : b;
}
