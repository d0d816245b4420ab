/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A memory of the test's own.
 */
#include "tests/daemon/shared_memory_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct bench bench_make(void)
{
	struct bench bench = {.directory = "/tmp/failoverd-memory-XXXXXX"};
	ck_assert_ptr_nonnull(mkdtemp(bench.directory));
	snprintf(bench.path, sizeof bench.path, "%s/memory", bench.directory);
	return bench;
}

bool bench_map(struct bench *bench)
{
	struct error error;
	bool fresh = false;
	ck_assert_msg(shared_memory_open(&bench->memory, bench->directory, &fresh, &error) ==
	                  CODE_OK,
	              "%s", error.text);
	return fresh;
}

struct bench bench_open(void)
{
	struct bench bench = bench_make();
	ck_assert(bench_map(&bench));
	return bench;
}

bool bench_reopen(struct bench *bench)
{
	shared_memory_close(bench->memory);
	return bench_map(bench);
}

void bench_close(struct bench *bench)
{
	shared_memory_close(bench->memory);
	unlink(bench->path);
	ck_assert_int_eq(rmdir(bench->directory), 0);
}
