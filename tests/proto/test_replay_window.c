/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pages are news: each counts once, whatever their order, and nothing from before a restart.
 */
#include "proto/replay_window.h"

#include <check.h>

static struct stamp page(uint32_t incarnation, uint64_t seq)
{
	return (struct stamp){incarnation, seq};
}

START_TEST(a_page_that_comes_twice_counts_once)
{
	struct replay_window heard = {0};
	replay_window_add(&heard, page(1, 100));
	ck_assert(!replay_window_is_news(&heard, page(1, 100)));
	replay_window_add(&heard, page(1, 101));
	ck_assert(!replay_window_is_news(&heard, page(1, 100)));
	ck_assert(!replay_window_is_news(&heard, page(1, 101)));
}
END_TEST

START_TEST(pages_that_overtake_each_other_all_count)
{
	struct replay_window heard = {0};
	replay_window_add(&heard, page(1, 100));
	replay_window_add(&heard, page(1, 103));
	ck_assert(replay_window_is_news(&heard, page(1, 101)));
	replay_window_add(&heard, page(1, 101));
	ck_assert(!replay_window_is_news(&heard, page(1, 101)));
	ck_assert(replay_window_is_news(&heard, page(1, 102)));
	ck_assert_uint_eq(heard.newest.seq, 103);
}
END_TEST

START_TEST(what_is_too_far_behind_to_be_remembered_is_no_news)
{
	struct replay_window heard = {0};
	replay_window_add(&heard, page(1, 1000));
	ck_assert(replay_window_is_news(&heard, page(1, 1000 - LOSS_WINDOW + 1)));
	ck_assert(!replay_window_is_news(&heard, page(1, 1000 - LOSS_WINDOW)));
	replay_window_add(&heard, page(1, 1000 + LOSS_WINDOW - 1));
	ck_assert(!replay_window_is_news(&heard, page(1, 1000)));
}
END_TEST

START_TEST(an_earlier_life_says_nothing_any_more)
{
	struct replay_window heard = {0};
	replay_window_add(&heard, page(2, 5));
	ck_assert(!replay_window_is_news(&heard, page(1, 9000)));
	ck_assert(replay_window_is_news(&heard, page(2, 4)));
	ck_assert(replay_window_is_news(&heard, page(3, 1)));
}
END_TEST

START_TEST(of_what_came_before_a_restart_nothing_is_news)
{
	struct replay_window heard = replay_window_up_to(page(2, 500));
	for (uint64_t seq = 500; seq > 500 - LOSS_WINDOW; seq--)
		ck_assert(!replay_window_is_news(&heard, page(2, seq)));
	replay_window_add(&heard, page(2, 502));
	ck_assert(replay_window_is_news(&heard, page(2, 501)));
	ck_assert(!replay_window_is_news(&heard, page(2, 499)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("heard");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, a_page_that_comes_twice_counts_once);
	tcase_add_test(tests, pages_that_overtake_each_other_all_count);
	tcase_add_test(tests, what_is_too_far_behind_to_be_remembered_is_no_news);
	tcase_add_test(tests, an_earlier_life_says_nothing_any_more);
	tcase_add_test(tests, of_what_came_before_a_restart_nothing_is_news);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
