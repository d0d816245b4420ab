/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequencer of a role's resources: order, time-outs, release. In virtual time.
 */
#include "daemon/resource/group.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/daemon/play.h"

START_TEST(resources_start_one_after_the_other_and_stop_in_reverse)
{
	struct play play;
	play_begin(&play,
	           (struct group_slot_options[]){play_critical(), play_critical(), play_critical()},
	           3);
	play_start(&play);
	play_expect(&play, "start 0");
	play_report(&play, 0, REPORT_UP);
	play_expect(&play, "start 1");
	play_report(&play, 1, REPORT_UP);
	play_report(&play, 2, REPORT_UP);
	play_expect(&play, "start 2, up");
	play_release(&play, false);
	play_expect(&play, "stop 2");
	play_report(&play, 2, REPORT_DOWN);
	play_expect(&play, "stop 1");
	play_report(&play, 1, REPORT_DOWN);
	play_report(&play, 0, REPORT_DOWN);
	play_expect(&play, "stop 0, released");
	ck_assert_int_eq(play.group.phase, GROUP_DOWN);
}
END_TEST

START_TEST(a_release_with_nothing_up_is_answered_at_once)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical()}, 1);
	play_release(&play, false);
	play_expect(&play, "released");
	play_release(&play, true);
	play_expect(&play, "released");
	play_begin(&play, NULL, 0);
	play_start(&play);
	play_expect(&play, "up");
}
END_TEST

START_TEST(a_start_that_takes_too_long_is_a_failure)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical()}, 1);
	play_start(&play);
	play_pass(&play, 1999);
	play_expect(&play, "start 0");
	play_pass(&play, 1);
	play_expect(&play, "failed 0");
	play_report(&play, 0, REPORT_UP); /* too late */
	play_expect(&play, "");
	play_release(&play, false);
	play_expect(&play, "stop 0");
}
END_TEST

START_TEST(a_stop_that_takes_too_long_is_followed_by_a_kill)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical(), play_critical()}, 2);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	play_report(&play, 1, REPORT_UP);
	play.story[0] = '\0';
	play_release(&play, false);
	play_pass(&play, 999);
	play_expect(&play, "stop 1");
	play_pass(&play, 1);
	play_expect(&play, "kill 1");
	play_pass(&play, 10000);
	play_expect(&play, "stuck 1, stuck 1"); /* told, and never taken for down */
	play_report(&play, 1, REPORT_DOWN);
	play_report(&play, 0, REPORT_DOWN);
	play_expect(&play, "stop 0, released");
}
END_TEST

START_TEST(a_forced_release_kills_everything_at_once_addresses_first)
{
	struct play play;
	struct group_slot_options address = play_critical();
	address.is_address = true;
	play_begin(&play, (struct group_slot_options[]){play_critical(), address, play_critical()},
	           3);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	play_report(&play, 1, REPORT_UP);
	play_report(&play, 2, REPORT_UP);
	play.story[0] = '\0';
	play_release(&play, true);
	play_expect(&play, "kill 1, forced, kill 0, forced, kill 2, forced");
	play_report(&play, 1, REPORT_DOWN);
	play_report(&play, 2, REPORT_DOWN);
	play_expect(&play, "");
	play_report(&play, 0, REPORT_DOWN);
	play_expect(&play, "released");
}
END_TEST

START_TEST(a_forced_release_cuts_a_graceful_one_short_and_is_never_softened)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical(), play_critical()}, 2);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	play_release(&play, false);
	play_expect(&play, "start 0, start 1, stop 1");
	play_release(&play, true);
	play_expect(&play, "kill 0, forced, kill 1, forced");
	play_release(&play, false);
	play_expect(&play, "");
	ck_assert_int_eq(play.group.phase, GROUP_FORCING);
	play_report(&play, 0, REPORT_DOWN);
	play_report(&play, 1, REPORT_DOWN);
	play_expect(&play, "released");
}
END_TEST

START_TEST(nothing_is_restarted_while_the_role_comes_down)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical(), play_critical()}, 2);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	play_report(&play, 1, REPORT_UP);
	play_report(&play, 0, REPORT_FAILED); /* being stopped in order to start again */
	play_report(&play, 1, REPORT_FAILED);
	play_report(&play, 1, REPORT_DOWN); /* waits for its restart */
	play.story[0] = '\0';
	play_release(&play, false);
	play_report(&play, 0, REPORT_DOWN);
	play_expect(&play, "released");
	play_pass(&play, 100000);
	play_expect(&play, "");
}
END_TEST

START_TEST(a_failure_while_the_role_comes_down_is_not_told)
{
	struct play play;
	struct group_slot_options options = play_critical();
	options.restarts = 0;
	play_begin(&play, (struct group_slot_options[]){options, options}, 2);
	play_start(&play);
	play_report(&play, 0, REPORT_UP);
	play_report(&play, 1, REPORT_UP);
	play.story[0] = '\0';
	play_release(&play, false);
	play_report(&play, 0, REPORT_FAILED);
	play_report(&play, 1, REPORT_DOWN);
	play_report(&play, 0, REPORT_DOWN);
	play_expect(&play, "stop 1, stop 0, released");
}
END_TEST

START_TEST(without_the_right_to_act_a_start_is_asked_for_again)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical(), play_critical()}, 2);
	play_start(&play);
	for (int i = 0; i < 200; i++) {
		play_report(&play, 0, REPORT_REFUSED);
		play_expect(&play, "start 0");
		play_pass(&play, 20);
	}
	ck_assert_uint_eq(play.group.slots[0].restarts, 0);
	play_report(&play, 0, REPORT_UP);
	play_expect(&play, "start 0, start 1");
}
END_TEST

START_TEST(what_is_found_up_is_not_started_again)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical(), play_critical()}, 2);
	play_adopt(&play, (enum group_found[]){FOUND_UP, FOUND_UP});
	play_expect(&play, "up");
	ck_assert_int_eq(play.group.phase, GROUP_UP);
	play_release(&play, false);
	play_report(&play, 1, REPORT_DOWN);
	play_report(&play, 0, REPORT_DOWN);
	play_expect(&play, "stop 1, stop 0, released");
}
END_TEST

START_TEST(what_is_not_found_is_started_in_its_turn)
{
	struct play play;
	struct group_slot_options options[] = {play_critical(), play_critical(), play_critical(),
	                                       play_critical()};
	play_begin(&play, options, 4);
	play_adopt(&play, (enum group_found[]){FOUND_UP, FOUND_NOTHING, FOUND_UP, FOUND_NOTHING});
	play_expect(&play, "start 1"); /* the last one waits for it */
	play_report(&play, 1, REPORT_UP);
	play_expect(&play, "start 3");
	play_report(&play, 3, REPORT_UP);
	play_expect(&play, "up");
	/* It never came up here: another node may do better. */
	play_begin(&play, options, 2);
	play_adopt(&play, (enum group_found[]){FOUND_UP, FOUND_NOTHING});
	play_report(&play, 1, REPORT_FAILED);
	play_expect(&play, "start 1, failed 1");
}
END_TEST

START_TEST(what_ended_while_nobody_watched_is_mended_in_place)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical()}, 1);
	play_adopt(&play, (enum group_found[]){FOUND_UP});
	play_report(&play, 0, REPORT_FAILED);
	play_report(&play, 0, REPORT_DOWN);
	play_pass(&play, 200);
	play_expect(&play, "up, stop 0, start 0");
	play_report(&play, 0, REPORT_UP);
	play_expect(&play, "");
	ck_assert_uint_eq(play.group.slots[0].restarts, 1);
}
END_TEST

START_TEST(remains_are_stopped_before_the_start)
{
	struct play play;
	play_begin(&play, (struct group_slot_options[]){play_critical(), play_critical()}, 2);
	play_adopt(&play, (enum group_found[]){FOUND_REMAINS, FOUND_NOTHING});
	play_expect(&play, "stop 0");
	play_pass(&play, 1000); /* too long */
	play_expect(&play, "kill 0");
	play_report(&play, 0, REPORT_DOWN);
	play_pass(&play, 200);
	play_expect(&play, "start 0");
	ck_assert_uint_eq(play.group.slots[0].restarts, 0); /* it did not fail */
	play_report(&play, 0, REPORT_UP);
	play_report(&play, 1, REPORT_UP);
	play_expect(&play, "start 1, up");
	/* A release that comes first. */
	play_begin(&play, (struct group_slot_options[]){play_critical()}, 1);
	play_adopt(&play, (enum group_found[]){FOUND_REMAINS});
	play_release(&play, true);
	play_report(&play, 0, REPORT_DOWN);
	play_expect(&play, "stop 0, kill 0, forced, released");
}
END_TEST

/* Random reports, releases and time: whatever happens, these hold. */
static void check_rules(const struct play *play, bool released)
{
	const struct group *group = &play->group;
	bool all_down = true;
	for (uint8_t i = 0; i < group->count; i++)
		all_down = all_down && group->slots[i].state == SLOT_DOWN;
	if (released)
		ck_assert(all_down);
	if (group->phase == GROUP_DOWN)
		ck_assert(all_down);
	if (group->phase == GROUP_FORCING)
		for (uint8_t i = 0; i < group->count; i++)
			ck_assert(group->slots[i].state == SLOT_DOWN ||
			          group->slots[i].state == SLOT_KILLING);
}

static void random_step(struct play *play, unsigned short seed[3])
{
	uint8_t slot = (uint8_t)(nrand48(seed) % play->group.count);
	long choice = nrand48(seed) % 100;
	enum slot_state state = play->group.slots[slot].state;
	bool has_process = state != SLOT_DOWN && state != SLOT_WAITING;
	enum group_found found[GROUP_SLOTS_MAX];
	for (int i = 0; i < GROUP_SLOTS_MAX; i++)
		found[i] = (enum group_found)(nrand48(seed) % (FOUND_REMAINS + 1));
	if (choice < 70 && has_process)
		play_report(play, slot, (enum group_report)(nrand48(seed) % (REPORT_DOWN + 1)));
	else if (choice < 90)
		play_pass(play, nrand48(seed) % 3000);
	else if (choice < 94)
		play_release(play, choice == 93);
	else if (play->group.phase == GROUP_DOWN && choice < 97)
		play_start(play);
	else if (play->group.phase == GROUP_DOWN)
		play_adopt(play, found);
}

START_TEST(whatever_happens_a_role_can_be_brought_down)
{
	unsigned short seed[3] = {(unsigned short)_i, 0x1234, 0x5678};
	struct play play;
	struct group_slot_options options[4] = {play_critical(), play_optional(), play_critical(),
	                                        play_optional()};
	options[2].is_address = true;
	options[3].restarts = 0;
	play_begin(&play, options, 4);
	for (int i = 0; i < 2000; i++) {
		random_step(&play, seed);
		check_rules(&play, strstr(play.story, "released") != NULL &&
		                       play.group.phase == GROUP_DOWN);
		play.story[0] = '\0';
	}
	play_release(&play, true);
	for (uint8_t i = 0; i < 4; i++)
		play_report(&play, i, REPORT_DOWN);
	ck_assert_msg(play.group.phase == GROUP_DOWN, "seed %d", _i);
	ck_assert_msg(strstr(play.story, "released") != NULL, "seed %d", _i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group");
	TCase *all = tcase_create("all");
	tcase_add_test(all, resources_start_one_after_the_other_and_stop_in_reverse);
	tcase_add_test(all, a_release_with_nothing_up_is_answered_at_once);
	tcase_add_test(all, a_start_that_takes_too_long_is_a_failure);
	tcase_add_test(all, a_stop_that_takes_too_long_is_followed_by_a_kill);
	tcase_add_test(all, a_forced_release_kills_everything_at_once_addresses_first);
	tcase_add_test(all, a_forced_release_cuts_a_graceful_one_short_and_is_never_softened);
	tcase_add_test(all, nothing_is_restarted_while_the_role_comes_down);
	tcase_add_test(all, a_failure_while_the_role_comes_down_is_not_told);
	tcase_add_test(all, without_the_right_to_act_a_start_is_asked_for_again);
	tcase_add_test(all, what_is_found_up_is_not_started_again);
	tcase_add_test(all, what_is_not_found_is_started_in_its_turn);
	tcase_add_test(all, what_ended_while_nobody_watched_is_mended_in_place);
	tcase_add_test(all, remains_are_stopped_before_the_start);
	tcase_add_loop_test(all, whatever_happens_a_role_can_be_brought_down, 1, 200);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
