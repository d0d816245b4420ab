/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The splitmix64 generator and the few distributions the world draws from. Whole numbers only, so
 * that a seed means the same run with every compiler.
 */
#include "tests/world/rng.h"

#include <assert.h>

uint64_t rng_next(struct rng *rng)
{
	rng->state += 0x9e3779b97f4a7c15;
	uint64_t z = rng->state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
	assert(n > 0);
	return rng_next(rng) % n;
}

int64_t rng_between(struct rng *rng, int64_t low, int64_t high)
{
	assert(low <= high);
	return low + (int64_t)rng_below(rng, (uint64_t)(high - low) + 1);
}

bool rng_chance(struct rng *rng, unsigned permille)
{
	return rng_below(rng, 1000) < permille;
}

int64_t rng_tail(struct rng *rng, int64_t mean)
{
	if (mean <= 0)
		return 0;
	/* Halves as often with each mean * ln 2 on top: close enough to an exponential. */
	uint64_t bits = rng_next(rng);
	int64_t halvings = 0;
	for (; halvings < 12 && (bits & 1) != 0; bits >>= 1)
		halvings++;
	int64_t step = mean * 69 / 100;
	return halvings * step + (int64_t)rng_below(rng, (uint64_t)step + 1);
}

int64_t rng_edgy(struct rng *rng, int64_t high)
{
	if (high <= 0)
		return 0;
	uint64_t side = rng_below(rng, 4);
	if (side == 0)
		return 0;
	return side == 1 ? high : rng_between(rng, 0, high);
}
