/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/bytes.c: never a byte outside the bounds, whatever is asked for.
 */
#include "proto/bytes.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(integers_are_big_endian_at_every_width)
{
	uint8_t bytes[8];
	const uint64_t value = 0x0102030405060708;

	for (size_t width = 1; width <= sizeof bytes; width++) {
		struct writer writer = {bytes, sizeof bytes, 0};
		writer_put(&writer, value, width);
		ck_assert_uint_eq(writer.used, width);
		ck_assert_uint_eq(bytes[0], 9 - width);
		ck_assert_uint_eq(bytes[width - 1], 8);
		struct reader reader = {bytes, width, false};
		uint64_t mask = width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
		ck_assert_uint_eq(reader_take(&reader, width), value & mask);
		ck_assert(!reader.truncated);
	}
}
END_TEST

START_TEST(a_full_writer_counts_on_and_writes_nothing)
{
	uint8_t bytes[4] = {9, 9, 9, 9};
	struct writer writer = {bytes, 3, 0};

	writer_put(&writer, 1, 2);
	writer_put(&writer, 2, 2);
	writer_patch(&writer, 2, 3, 2);
	writer_patch(&writer, 100, 3, 2);
	ck_assert_uint_eq(writer.used, 4);
	ck_assert_int_eq(memcmp(bytes, (uint8_t[]){0, 1, 9, 9}, 4), 0);
}
END_TEST

START_TEST(a_writer_without_bytes_only_counts)
{
	struct writer writer = {NULL, 0, 0};

	writer_put(&writer, 1, 8);
	writer_patch(&writer, 0, 1, 1);
	ck_assert_uint_eq(writer.used, 8);
}
END_TEST

START_TEST(a_reader_asked_for_too_much_gives_zeros_for_ever)
{
	const uint8_t bytes[] = {1, 2, 3};
	struct reader reader = {bytes, sizeof bytes, false};

	ck_assert_uint_eq(reader_take(&reader, 2), 0x0102);
	ck_assert_uint_eq(reader_take(&reader, 2), 0);
	ck_assert(reader.truncated);
	ck_assert_uint_eq(reader_take(&reader, 1), 0);
	ck_assert_uint_eq(reader.left, 0);
}
END_TEST

START_TEST(a_part_ends_where_it_was_cut)
{
	const uint8_t bytes[] = {1, 2, 3};
	struct reader reader = {bytes, sizeof bytes, false};
	struct reader part = reader_part(&reader, 2);

	ck_assert_uint_eq(reader_take(&part, 3), 0);
	ck_assert(part.truncated);
	ck_assert(!reader.truncated);
	ck_assert_uint_eq(reader_take(&reader, 1), 3);
	part = reader_part(&reader, 1);
	ck_assert(part.truncated && reader.truncated);
	ck_assert_uint_eq(part.left, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bytes");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, integers_are_big_endian_at_every_width);
	tcase_add_test(tests, a_full_writer_counts_on_and_writes_nothing);
	tcase_add_test(tests, a_writer_without_bytes_only_counts);
	tcase_add_test(tests, a_reader_asked_for_too_much_gives_zeros_for_ever);
	tcase_add_test(tests, a_part_ends_where_it_was_cut);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
