/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a heartbeat of several pages counts as heard.
 */
#include <check.h>
#include <stdlib.h>

#include "proto/whole.h"

enum { PAGES = 8 };

/* Numbers of pages in the order in which they arrive, up to a 0. Every third, as 10 and 13, is the
 * first of its heartbeat. */
static bool hears(const uint64_t seqs[PAGES])
{
	struct whole whole = {0};
	for (unsigned i = 0; i < PAGES && seqs[i] != 0; i++)
		whole_add(&whole, (struct stamp){1, seqs[i]}, seqs[i] % 3 == 1);
	return whole_is_heard(&whole);
}

START_TEST(all_pages_from_one_first_page_to_the_next_are_a_heartbeat)
{
	ck_assert(hears((uint64_t[PAGES]){10, 11, 12, 13}));
	ck_assert(hears((uint64_t[PAGES]){9, 10, 11, 12, 13, 15, 17, 40}));
}
END_TEST

START_TEST(a_heartbeat_with_a_page_missing_is_none)
{
	ck_assert(!hears((uint64_t[PAGES]){10, 11, 12}));
	ck_assert(!hears((uint64_t[PAGES]){10, 12, 13}));
	ck_assert(!hears((uint64_t[PAGES]){10, 11, 13, 14, 16}));
	ck_assert(!hears((uint64_t[PAGES]){11, 12, 13, 14, 15}));
}
END_TEST

START_TEST(pages_may_overtake_each_other)
{
	ck_assert(hears((uint64_t[PAGES]){13, 12, 10, 11}));
	ck_assert(hears((uint64_t[PAGES]){12, 13, 11, 10}));
}
END_TEST

START_TEST(a_page_too_old_for_the_window_does_not_count)
{
	ck_assert(!hears((uint64_t[PAGES]){10, 11, 12, 99, 13}));
	ck_assert(!hears((uint64_t[PAGES]){10, 11, 12, 1000, 13}));
}
END_TEST

START_TEST(another_life_begins_anew)
{
	struct whole whole = {0};
	whole_add(&whole, (struct stamp){1, 10}, true);
	whole_add(&whole, (struct stamp){2, 11}, true);
	ck_assert(!whole_is_heard(&whole));
	whole_add(&whole, (struct stamp){2, 12}, true);
	ck_assert(whole_is_heard(&whole));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("whole");
	tcase_add_test(tests, all_pages_from_one_first_page_to_the_next_are_a_heartbeat);
	tcase_add_test(tests, a_heartbeat_with_a_page_missing_is_none);
	tcase_add_test(tests, pages_may_overtake_each_other);
	tcase_add_test(tests, a_page_too_old_for_the_window_does_not_count);
	tcase_add_test(tests, another_life_begins_anew);
	Suite *suite = suite_create("whole");
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
