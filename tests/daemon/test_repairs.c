/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody who removes our things again and again can make of us: lines, work, failures.
 */
#include "daemon/resource/repairs.h"

#include <check.h>
#include <stdlib.h>

enum { SECOND = 1000000 /* us */ };

static struct instant at_us(int64_t us)
{
	return (struct instant){1000000000000LL + us * 1000};
}

/* One who removes it whenever it has been here for `stands` us, for `us`; the repair itself takes
 * 200 us. */
struct sum {
	unsigned repairs, lines, failures, most; /* the most repairs of one second */
};

static struct sum play(int64_t stands, int64_t us)
{
	struct repairs repairs = {0};
	struct sum sum = {0};
	int64_t now = 0, second = 0;
	unsigned of_second = 0;
	while (now < us) {
		sum.failures += repairs_begin(&repairs, "process 7 (ip)", at_us(now));
		struct instant due = repairs_due(&repairs);
		if (instant_before(at_us(now), due))
			now += instant_since(due, at_us(now)).ns / 1000;
		now += 200;
		if (repairs_end(&repairs, at_us(now))) {
			(void)repairs_tell(&repairs, at_us(now));
			sum.lines++;
		}
		sum.repairs++;
		of_second = now / SECOND == second ? of_second + 1 : 1;
		second = now / SECOND;
		sum.most = of_second > sum.most ? of_second : sum.most;
		now += stands;
	}
	ck_assert_uint_eq(repairs.total, sum.repairs);
	return sum;
}

START_TEST(forty_repairs_are_no_failure_however_fast_they_follow_each_other)
{
	for (int64_t stands = 100; stands < 2 * SECOND; stands *= 3) {
		struct sum sum = play(stands, 40 * (stands + 200));
		ck_assert_uint_eq(sum.repairs, 40);
		ck_assert_uint_eq(sum.failures, 0);
		ck_assert_uint_le(sum.lines, 7);
	}
}
END_TEST

START_TEST(who_removes_it_for_an_hour_fills_neither_the_log_nor_a_processor)
{
	struct sum sum = play(10000, 3600LL * SECOND);
	ck_assert_uint_ge(sum.repairs, 3600 * 80);
	ck_assert_uint_le(sum.most, 200);
	ck_assert_uint_le(sum.lines, 66);
	ck_assert_uint_eq(sum.failures, 0); /* it is here most of the time */
}
END_TEST

START_TEST(what_is_gone_again_at_once_is_a_failure_within_two_seconds)
{
	struct sum sum = play(50, 2 * SECOND);
	ck_assert_uint_ge(sum.failures, 1);
	ck_assert_uint_le(sum.most, 200);
}
END_TEST

/* A host that stands still for longer than a second between removal and repair. */
START_TEST(one_slow_repair_is_no_failure)
{
	struct repairs repairs = {0};
	for (int64_t i = 0; i < 5; i++) {
		ck_assert(!repairs_begin(&repairs, "", at_us(i * 4 * SECOND)));
		(void)repairs_end(&repairs, at_us(i * 4 * SECOND + 3900000));
	}
}
END_TEST

START_TEST(status_counts_the_last_minute_and_names_who_it_was)
{
	struct repairs repairs = {0};
	char text[REPAIRS_TEXT_BYTES];
	for (int64_t i = 0; i < 40; i++) {
		(void)repairs_begin(&repairs, i < 39 ? "" : "process 7 (ip)", at_us(i * SECOND));
		(void)repairs_end(&repairs, at_us(i * SECOND + 100));
	}
	ck_assert_uint_eq(repairs_last_minute(&repairs, at_us(39 * SECOND + 100)), 40);
	repairs_text(&repairs, at_us(39 * SECOND + 100), text);
	ck_assert_str_eq(text, "removed 40 times in the last minute; last by process 7 (ip)");
	ck_assert_uint_eq(repairs_last_minute(&repairs, at_us(60 * SECOND)), 39);
	ck_assert_uint_eq(repairs_last_minute(&repairs, at_us(98 * SECOND)), 1);
	ck_assert_uint_eq(repairs_last_minute(&repairs, at_us(99 * SECOND)), 0);
	repairs_text(&repairs, at_us(99 * SECOND), text);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(the_log_gets_the_first_and_then_counts_that_leave_none_out)
{
	struct repairs repairs = {0};
	ck_assert(!repairs_begin(&repairs, "", at_us(0)));
	ck_assert(repairs_end(&repairs, at_us(1)));
	ck_assert(repairs_tell(&repairs, at_us(1)));
	ck_assert_int_eq(repairs_tell_at(&repairs).ns, INSTANT_NEVER.ns);
	ck_assert(!repairs_begin(&repairs, "", at_us(10)));
	ck_assert(!repairs_end(&repairs, at_us(11)));
	ck_assert_int_eq(repairs_tell_at(&repairs).ns, at_us(SECOND + 1).ns);
	ck_assert(!repairs_tell(&repairs, at_us(SECOND + 1)));
	/* Long after the last it is the first again. */
	ck_assert(!repairs_begin(&repairs, "", at_us(400LL * SECOND)));
	ck_assert(repairs_end(&repairs, at_us(400LL * SECOND)));
	ck_assert(repairs_tell(&repairs, at_us(400LL * SECOND)));
}
END_TEST

START_TEST(a_repair_that_fails_is_tried_again_a_few_times)
{
	struct repairs repairs = {0};
	ck_assert(!repairs_miss(&repairs)); /* nobody removed it: it is no repair */
	for (int round = 0; round < 2; round++) {
		(void)repairs_begin(&repairs, "", at_us(round * 2 * SECOND));
		for (int i = 1; i < REPAIRS_TRIES; i++)
			ck_assert(repairs_miss(&repairs));
		ck_assert(!repairs_miss(&repairs));
		repairs_give_up(&repairs);
	}
}
END_TEST

START_TEST(what_is_released_meanwhile_is_no_repair)
{
	struct repairs repairs = {0};
	(void)repairs_begin(&repairs, "", at_us(0));
	repairs_give_up(&repairs);
	ck_assert(!repairs_end(&repairs, at_us(5)));
	ck_assert_uint_eq(repairs.total, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("repairs");
	TCase *all = tcase_create("all");
	tcase_add_test(all, forty_repairs_are_no_failure_however_fast_they_follow_each_other);
	tcase_add_test(all, who_removes_it_for_an_hour_fills_neither_the_log_nor_a_processor);
	tcase_add_test(all, what_is_gone_again_at_once_is_a_failure_within_two_seconds);
	tcase_add_test(all, one_slow_repair_is_no_failure);
	tcase_add_test(all, status_counts_the_last_minute_and_names_who_it_was);
	tcase_add_test(all, the_log_gets_the_first_and_then_counts_that_leave_none_out);
	tcase_add_test(all, a_repair_that_fails_is_tried_again_a_few_times);
	tcase_add_test(all, what_is_released_meanwhile_is_no_repair);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
