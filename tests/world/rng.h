/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one source of chance of a simulated world: same seed, same numbers, on every machine. Knows
 * nothing of what they are used for.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);

/* 0 .. n - 1; n must not be 0. */
uint64_t rng_below(struct rng *rng, uint64_t n);

/* low .. high, both included. */
int64_t rng_between(struct rng *rng, int64_t low, int64_t high);

/* True this often in a thousand. */
bool rng_chance(struct rng *rng, unsigned permille);

/* 0 upwards with a long tail; the mean is about `mean`. */
int64_t rng_tail(struct rng *rng, int64_t mean);

/* 0 .. high, and both ends far more often than their share: bounds are where mistakes live. */
int64_t rng_edgy(struct rng *rng, int64_t high);
