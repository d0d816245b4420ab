/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers for tests with random input. One seed decides them all; it is printed, and the
 * environment variable FAILOVERD_TEST_SEED sets it, so that a failure can be repeated.
 */
#pragma once

#include <stdint.h>

struct random {
	uint64_t state;
};

/* Seeds from FAILOVERD_TEST_SEED, else from the clock, and prints "<what>: seed N". */
struct random random_announced(const char *what);

uint64_t random_bits(struct random *random);
/* From 0 to `most`, both included. */
uint64_t random_upto(struct random *random, uint64_t most);
