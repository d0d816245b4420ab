/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon/state/store.c: what is written comes back, and what was damaged, copied or lost is never
 * taken for it.
 */
#include "daemon/state/store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/daemon/durable.h"

static const struct state_owner owner = {0x1111, 0x2222};

struct bench {
	char directory[32];
	uv_loop_t loop;
	struct store *store;
	uint64_t written;
	unsigned writes, troubles, recoveries;
};

static void on_written(void *context, uint64_t generation)
{
	struct bench *bench = context;

	ck_assert_uint_gt(generation, bench->written);
	bench->written = generation;
	bench->writes++;
}

static void on_trouble(void *context, const struct error *error)
{
	struct bench *bench = context;

	if (error != NULL)
		bench->troubles++;
	else
		bench->recoveries++;
}

static void open_bench(struct bench *bench)
{
	const struct store_hooks hooks = {bench, on_written, on_trouble};

	memset(bench, 0, sizeof *bench);
	(void)snprintf(bench->directory, sizeof bench->directory, "/tmp/test-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(bench->directory));
	ck_assert_int_eq(uv_loop_init(&bench->loop), 0);
	ck_assert_int_eq(
	    store_open(&bench->store, &bench->loop, bench->directory, &owner, &hooks, NULL),
	    CODE_OK);
}

static void do_nothing(void *context)
{
	(void)context;
}

static void path_of(const struct bench *bench, const char *name, char out[64])
{
	(void)snprintf(out, 64, "%s/%s", bench->directory, name);
}

static void close_bench(struct bench *bench)
{
	static const char *const names[] = {"state", "state.old", "state.new", "state.damaged"};
	char path[64];

	store_close(bench->store, do_nothing, NULL);
	ck_assert_int_eq(uv_run(&bench->loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&bench->loop), 0);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		path_of(bench, names[i], path);
		(void)remove(path);
	}
	ck_assert_int_eq(rmdir(bench->directory), 0);
}

/* Writes two generations, of incarnations 1 and 2. */
static void write_two(struct bench *bench)
{
	struct durable first = durable_sample(1), second = durable_sample(2);

	ck_assert_int_eq(store_write_now(bench->store, &first, NULL), CODE_OK);
	ck_assert_int_eq(store_write_now(bench->store, &second, NULL), CODE_OK);
}

static enum code load(struct bench *bench, struct durable *durable, enum store_origin *origin)
{
	struct error text, error;

	return store_load(bench->directory, &owner, durable, origin, &text, &error);
}

static void flip_byte(const struct bench *bench, const char *name, long at)
{
	char path[64];
	FILE *file;
	int byte;

	path_of(bench, name, path);
	file = fopen(path, "r+b");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
	byte = fgetc(file);
	ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
	ck_assert_int_eq(fputc(byte ^ 1, file), byte ^ 1);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_directory_without_state_is_a_first_start)
{
	struct bench bench;
	struct durable durable;
	enum store_origin origin = STORE_LOST;

	open_bench(&bench);
	ck_assert_int_eq(load(&bench, &durable, &origin), CODE_OK);
	ck_assert_int_eq(origin, STORE_NONE);
	close_bench(&bench);
}
END_TEST

START_TEST(the_newest_generation_is_found_and_the_one_before_is_kept)
{
	struct bench bench;
	struct durable durable, expected = durable_sample(2);
	enum store_origin origin = STORE_LOST;
	char path[64];

	open_bench(&bench);
	write_two(&bench);
	ck_assert_int_eq(load(&bench, &durable, &origin), CODE_OK);
	ck_assert_int_eq(origin, STORE_FOUND);
	durable_assert_same(&durable, &expected);
	path_of(&bench, "state.old", path);
	ck_assert_int_eq(access(path, R_OK), 0);
	path_of(&bench, "state.new", path);
	ck_assert_int_ne(access(path, F_OK), 0);
	close_bench(&bench);
}
END_TEST

/* Fault 24: the newest state is damaged. */
START_TEST(a_damaged_newest_generation_leaves_only_a_lower_bound)
{
	struct bench bench;
	struct durable durable, old = durable_sample(1);
	enum store_origin origin = STORE_LOST;

	open_bench(&bench);
	write_two(&bench);
	flip_byte(&bench, "state", 40);
	ck_assert_int_eq(load(&bench, &durable, &origin), CODE_OK);
	ck_assert_int_eq(origin, STORE_SALVAGED);
	ck_assert(durable.relearning);
	ck_assert_uint_gt(durable.incarnation, old.incarnation);
	ck_assert_uint_ge(durable.reserved_epoch, old.reserved_epoch + EPOCH_BLOCK);
	ck_assert_int_eq(durable.roles[0].record.wanted, WANTED_STOPPED);
	close_bench(&bench);
}
END_TEST

START_TEST(a_missing_newest_generation_leaves_only_a_lower_bound)
{
	struct bench bench;
	struct durable durable;
	enum store_origin origin = STORE_LOST;
	char path[64];

	open_bench(&bench);
	write_two(&bench);
	path_of(&bench, "state", path);
	ck_assert_int_eq(remove(path), 0);
	ck_assert_int_eq(load(&bench, &durable, &origin), CODE_OK);
	ck_assert_int_eq(origin, STORE_SALVAGED);
	ck_assert(durable.relearning);
	close_bench(&bench);
}
END_TEST

/* Fault 24: all state is damaged. */
START_TEST(two_damaged_generations_are_lost_state)
{
	struct bench bench;
	struct durable durable;
	enum store_origin origin = STORE_NONE;

	open_bench(&bench);
	write_two(&bench);
	flip_byte(&bench, "state", 40);
	flip_byte(&bench, "state.old", 40);
	ck_assert_int_eq(load(&bench, &durable, &origin), CODE_OK);
	ck_assert_int_eq(origin, STORE_LOST);
	close_bench(&bench);
}
END_TEST

START_TEST(a_damaged_file_set_aside_does_not_push_out_the_good_old_one)
{
	struct bench bench;
	struct durable durable, third = durable_sample(3);
	enum store_origin origin = STORE_NONE;
	char path[64];

	open_bench(&bench);
	write_two(&bench);
	flip_byte(&bench, "state", 40);
	store_set_aside(bench.directory);
	path_of(&bench, "state.damaged", path);
	ck_assert_int_eq(access(path, R_OK), 0);
	ck_assert_int_eq(store_write_now(bench.store, &third, NULL), CODE_OK);
	flip_byte(&bench, "state", 40);
	ck_assert_int_eq(load(&bench, &durable, &origin), CODE_OK);
	ck_assert_int_eq(origin, STORE_SALVAGED);
	close_bench(&bench);
}
END_TEST

START_TEST(the_state_of_another_member_or_cluster_is_refused)
{
	const struct state_owner others[] = {{0x1111, 0x3333}, {0x4444, 0x2222}};
	struct bench bench;
	struct durable durable;
	enum store_origin origin = STORE_NONE;
	struct error text, error;

	open_bench(&bench);
	write_two(&bench);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(
		    store_load(bench.directory, &others[i], &durable, &origin, &text, &error),
		    CODE_INVALID);
	close_bench(&bench);
}
END_TEST

START_TEST(many_writes_at_once_become_few_and_the_last_one_wins)
{
	enum { ASKED = 200 };
	struct bench bench;
	struct durable durable, loaded;
	enum store_origin origin = STORE_NONE;

	open_bench(&bench);
	for (uint32_t i = 1; i <= ASKED; i++) {
		durable = durable_sample(i);
		store_write(bench.store, &durable, i);
	}
	while (bench.written < ASKED)
		(void)uv_run(&bench.loop, UV_RUN_ONCE);
	ck_assert_uint_eq(bench.writes, 2);
	ck_assert_int_eq(load(&bench, &loaded, &origin), CODE_OK);
	ck_assert_uint_eq(loaded.incarnation, ASKED);
	close_bench(&bench);
}
END_TEST

/* Fault 25: the disk is full. */
START_TEST(a_failed_write_is_told_once_and_tried_again_until_it_succeeds)
{
	struct bench bench;
	struct durable durable = durable_sample(1);
	char away[40];
	uint64_t began;

	open_bench(&bench);
	(void)snprintf(away, sizeof away, "%s-away", bench.directory);
	ck_assert_int_eq(rename(bench.directory, away), 0);
	store_write(bench.store, &durable, 1);
	/* Long enough for another try or two, which fail as well. */
	for (began = uv_now(&bench.loop); uv_now(&bench.loop) < began + 2500;)
		(void)uv_run(&bench.loop, UV_RUN_ONCE);
	ck_assert_uint_eq(bench.troubles, 1);
	ck_assert_ptr_nonnull(store_trouble(bench.store));
	ck_assert_int_eq(rename(away, bench.directory), 0);
	while (bench.written < 1)
		(void)uv_run(&bench.loop, UV_RUN_ONCE);
	ck_assert_uint_eq(bench.troubles, 1);
	ck_assert_uint_eq(bench.recoveries, 1);
	ck_assert_uint_eq(bench.writes, 1);
	ck_assert_ptr_null(store_trouble(bench.store));
	close_bench(&bench);
}
END_TEST

START_TEST(while_a_write_waits_to_be_tried_again_newer_state_takes_its_place)
{
	struct bench bench;
	struct durable durable = durable_sample(1), loaded;
	enum store_origin origin = STORE_NONE;
	char away[40];

	open_bench(&bench);
	(void)snprintf(away, sizeof away, "%s-away", bench.directory);
	ck_assert_int_eq(rename(bench.directory, away), 0);
	store_write(bench.store, &durable, 1);
	while (bench.troubles == 0)
		(void)uv_run(&bench.loop, UV_RUN_ONCE);
	durable = durable_sample(2);
	store_write(bench.store, &durable, 2);
	ck_assert_int_eq(rename(away, bench.directory), 0);
	while (bench.written < 2)
		(void)uv_run(&bench.loop, UV_RUN_ONCE);
	ck_assert_uint_eq(bench.writes, 1);
	ck_assert_int_eq(load(&bench, &loaded, &origin), CODE_OK);
	ck_assert_uint_eq(loaded.incarnation, 2);
	close_bench(&bench);
}
END_TEST

START_TEST(closing_finishes_the_write_that_is_under_way)
{
	struct bench bench;
	struct durable durable = durable_sample(1);

	open_bench(&bench);
	store_write(bench.store, &durable, 1);
	close_bench(&bench);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *tests = tcase_create("store");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 20);
	tcase_add_test(tests, a_directory_without_state_is_a_first_start);
	tcase_add_test(tests, the_newest_generation_is_found_and_the_one_before_is_kept);
	tcase_add_test(tests, a_damaged_newest_generation_leaves_only_a_lower_bound);
	tcase_add_test(tests, a_missing_newest_generation_leaves_only_a_lower_bound);
	tcase_add_test(tests, two_damaged_generations_are_lost_state);
	tcase_add_test(tests, a_damaged_file_set_aside_does_not_push_out_the_good_old_one);
	tcase_add_test(tests, the_state_of_another_member_or_cluster_is_refused);
	tcase_add_test(tests, many_writes_at_once_become_few_and_the_last_one_wins);
	tcase_add_test(tests, a_failed_write_is_told_once_and_tried_again_until_it_succeeds);
	tcase_add_test(tests, while_a_write_waits_to_be_tried_again_newer_state_takes_its_place);
	tcase_add_test(tests, closing_finishes_the_write_that_is_under_way);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
