/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The splitmix generator: short, and good from any seed. Nothing here is fit for keys.
 */
#include "tests/proto/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct random random_announced(const char *what)
{
	const char *text = getenv("FAILOVERD_TEST_SEED");
	struct random random;

	if (text != NULL) {
		random.state = strtoull(text, NULL, 10);
	} else {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		random.state = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	}
	printf("%s: seed %" PRIu64 "\n", what, random.state);
	fflush(stdout);
	return random;
}

uint64_t random_bits(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t random_upto(struct random *random, uint64_t most)
{
	return most == UINT64_MAX ? random_bits(random) : random_bits(random) % (most + 1);
}
