/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequencer of a role's resources: what happens when one fails. In virtual time.
 */
#include "daemon/resource/group.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/daemon/play.h"

START_TEST(a_first_start_that_fails_fails_the_role_without_a_second_try)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical(), play_critical()}, 2);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	play_report(&play, 1, REPORT_FAILED);
	play_expect(&play, "start 0, start 1, failed 1");
	play_pass(&play, 100000);
	play_expect(&play, ""); /* it waits for the release */
	play_release(&play, false);
	play_report(&play, 1, REPORT_DOWN);
	play_report(&play, 0, REPORT_DOWN);
	play_expect(&play, "stop 1, stop 0, released");
}
END_TEST

START_TEST(what_was_up_is_restarted_in_place_slower_each_time)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical()}, 1);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	play_expect(&play, "start 0, up");
	static const int64_t delays[] = {200, 400, 800};
	for (int i = 0; i < 3; i++) {
		play_report(&play, 0, REPORT_FAILED);
		play_report(&play, 0, REPORT_DOWN);
		play_expect(&play, "stop 0");
		play_pass(&play, delays[i] - 1);
		play_expect(&play, "");
		play_pass(&play, 1);
		play_expect(&play, "start 0");
		play_report(&play, 0,
		            i == 1 ? REPORT_FAILED : REPORT_UP); /* a failed restart counts, too */
		if (i == 1) {
			play_expect(&play, "stop 0");
			play_report(&play, 0, REPORT_DOWN);
			play_pass(&play, 800);
			play_expect(&play, "start 0");
			play_report(&play, 0, REPORT_UP);
			break;
		}
	}
	ck_assert_uint_eq(play.group.slots[0].restarts, 3);
	play_report(&play, 0, REPORT_FAILED);
	play_expect(&play, "failed 0");
}
END_TEST

/* Fault 46: a service fails now and then. */
START_TEST(restarts_are_forgotten_after_their_window)
{
	struct play play;
	struct group_slot_options options = play_critical();
	options.restarts = 1;
	play_begin(&play, &options, 1);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	for (int i = 0; i < 5; i++) {
		play_report(&play, 0, REPORT_FAILED);
		play_report(&play, 0, REPORT_DOWN);
		play_pass(&play, 200);
		play_report(&play, 0, REPORT_UP);
		play_pass(&play, 900000);
	}
	ck_assert_uint_eq(play.group.slots[0].restarts, 5);
	ck_assert_int_eq(play.group.phase, GROUP_UP);
}
END_TEST

START_TEST(a_new_start_of_the_role_begins_with_all_restarts)
{
	struct play play;
	struct group_slot_options options = play_critical();
	options.restarts = 1;
	play_begin(&play, &options, 1);
	for (int i = 0; i < 3; i++) {
		play.story[0] = '\0';
		play_start(&play);
		play_report(&play, 0, REPORT_UP);
		play_report(&play, 0, REPORT_FAILED);
		play_report(&play, 0, REPORT_DOWN);
		play_pass(&play, 200);
		play_report(&play, 0, REPORT_UP);
		play_expect(&play, "start 0, up, stop 0, start 0");
		play_release(&play, false);
		play_report(&play, 0, REPORT_DOWN);
	}
}
END_TEST

/* Fault 46: a service fails all the time. */
START_TEST(the_delay_of_restarts_has_an_upper_end)
{
	struct play play;
	struct group_slot_options options = play_critical();
	options.restarts = 20;
	play_begin(&play, &options, 1);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	for (int i = 0; i < 20; i++) {
		play_report(&play, 0, REPORT_FAILED);
		play_report(&play, 0, REPORT_DOWN);
		struct span delay = instant_since(group_deadline(&play.group), play.now);
		ck_assert_int_le(delay.ns, 5000 * 1000000LL);
		if (i > 5)
			ck_assert_int_eq(delay.ns, 5000 * 1000000LL);
		play_pass(&play, 5000);
		play_report(&play, 0, REPORT_UP);
	}
	play_report(&play, 0, REPORT_FAILED);
	ck_assert_int_eq(play.group.phase, GROUP_FAILED);
}
END_TEST

START_TEST(a_resource_that_is_not_critical_holds_up_nobody_after_its_first_failure)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_optional(), play_critical()}, 2);
	play_start(&play);
	play_expect(&play, "start 0"); /* the order counts for it as well */
	play_report(&play, 0, REPORT_FAILED);
	play_expect(&play, "stop 0, start 1");
	play_report(&play, 1, REPORT_UP);
	play_expect(&play, "up");
	play_report(&play, 0, REPORT_DOWN);
	play_pass(&play, 200);
	play_expect(&play, "start 0");
}
END_TEST

START_TEST(a_resource_that_is_not_critical_is_given_up_and_tried_again_after_a_window)
{
	struct play play;
	struct group_slot_options options = play_optional();
	options.restarts = 1;
	play_begin(&play, &options, 1);
	play_start(&play);
	play_expect(&play, "start 0, up"); /* there is nothing critical to wait for */
	play_report(&play, 0, REPORT_FAILED);
	play_report(&play, 0, REPORT_DOWN);
	play_pass(&play, 200);
	play_report(&play, 0, REPORT_FAILED);
	play_report(&play, 0, REPORT_DOWN);
	play_expect(&play, "stop 0, start 0, stop 0");
	ck_assert(play.group.slots[0].given_up);
	play_pass(&play, 899999);
	play_expect(&play, "");
	play_pass(&play, 1);
	play_expect(&play, "start 0");
	play_report(&play, 0, REPORT_UP);
	ck_assert(!play.group.slots[0].given_up);
}
END_TEST

START_TEST(a_resource_that_is_not_critical_and_never_restarts_stays_down)
{
	struct play play;
	struct group_slot_options options = play_optional();
	options.restarts = 0;
	options.window = span_ms(0);
	play_begin(&play, &options, 1);
	play_start(&play);
	play_report(&play, 0, REPORT_FAILED);
	play_report(&play, 0, REPORT_DOWN);
	play_expect(&play, "start 0, up, stop 0");
	play_pass(&play, 10000000);
	play_expect(&play, "");
	play_release(&play, false);
	play_expect(&play, "released");
}
END_TEST

START_TEST(a_restart_whose_stop_takes_too_long_kills_as_well)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical()}, 1);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	play_report(&play, 0, REPORT_FAILED);
	play_pass(&play, 1000);
	play_expect(&play, "start 0, up, stop 0, kill 0");
	play_report(&play, 0, REPORT_DOWN);
	play_pass(&play, 200);
	play_expect(&play, "start 0");
}
END_TEST

START_TEST(a_restart_waits_for_what_stands_before_it)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical(), play_critical()}, 2);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	play_report(&play, 1, REPORT_UP);
	play_report(&play, 1, REPORT_FAILED);
	play_report(&play, 1, REPORT_DOWN);
	play_report(&play, 0, REPORT_FAILED);
	play.story[0] = '\0';
	play_pass(&play, 900);
	play_expect(&play, "");
	play_report(&play, 0, REPORT_DOWN);
	play_pass(&play, 200);
	play_expect(&play, "start 0");
	play_report(&play, 0, REPORT_UP);
	play_expect(&play, "start 1");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group");
	TCase *all = tcase_create("all");
	tcase_add_test(all, a_first_start_that_fails_fails_the_role_without_a_second_try);
	tcase_add_test(all, what_was_up_is_restarted_in_place_slower_each_time);
	tcase_add_test(all, restarts_are_forgotten_after_their_window);
	tcase_add_test(all, a_new_start_of_the_role_begins_with_all_restarts);
	tcase_add_test(all, the_delay_of_restarts_has_an_upper_end);
	tcase_add_test(all,
	               a_resource_that_is_not_critical_holds_up_nobody_after_its_first_failure);
	tcase_add_test(all,
	               a_resource_that_is_not_critical_is_given_up_and_tried_again_after_a_window);
	tcase_add_test(all, a_resource_that_is_not_critical_and_never_restarts_stays_down);
	tcase_add_test(all, a_restart_whose_stop_takes_too_long_kills_as_well);
	tcase_add_test(all, a_restart_waits_for_what_stands_before_it);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
