/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A memory of the test's own, in a directory of its own.
 */
#pragma once

#include <stdbool.h>

#include "daemon/guard/shared_memory.h"

enum { BENCH_PATH_BYTES = 64 };

struct bench {
	char directory[BENCH_PATH_BYTES], path[BENCH_PATH_BYTES + 8];
	struct shared_memory *memory;
};

/* A directory without a memory. */
struct bench bench_make(void);
/* True: it was made anew. */
bool bench_map(struct bench *bench);
/* Both. */
struct bench bench_open(void);
/* As another process sees it; true: it was made anew. */
bool bench_reopen(struct bench *bench);
/* Nothing is left of it. */
void bench_close(struct bench *bench);
