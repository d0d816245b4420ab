/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequencer of a role's resources, in virtual time.
 */
#include "daemon/resource/group.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct span LIMIT = {500 * 1000000LL};

struct play {
	struct group group;
	struct instant now;
	char story[1024]; /* acts so far: "start 0, stop 1, up, failed 0, released" */
};

static struct group_slot_options critical(void)
{
	return (struct group_slot_options){
	    .critical = true,
	    .start_timeout = span_ms(2000),
	    .stop_timeout = span_ms(1000),
	    .restarts = 3,
	    .window = span_ms(900000),
	};
}

static struct group_slot_options optional(void)
{
	struct group_slot_options options = critical();
	options.critical = false;
	return options;
}

static void begin(struct play *play, const struct group_slot_options *options, uint8_t count)
{
	memset(play, 0, sizeof *play);
	play->now = (struct instant){1000000000};
	group_init(&play->group, options, count);
}

static void tell(struct play *play, const char *word, int slot)
{
	size_t length = strlen(play->story);
	snprintf(play->story + length, sizeof play->story - length, "%s%s", length > 0 ? ", " : "", word);
	length = strlen(play->story);
	if (slot >= 0)
		snprintf(play->story + length, sizeof play->story - length, " %d", slot);
}

static void drain(struct play *play)
{
	static const char *const words[] = {
	    [ACT_START] = "start",     [ACT_STOP] = "stop",     [ACT_KILL] = "kill",
	    [ACT_STUCK] = "stuck",     [ACT_STARTED] = "up",    [ACT_FAILED] = "failed",
	    [ACT_RELEASED] = "released",
	};
	struct group_act act;
	while (group_next(&play->group, &act)) {
		bool of_role = act.kind == ACT_STARTED || act.kind == ACT_RELEASED;
		tell(play, words[act.kind], of_role ? -1 : act.slot);
		if (act.kind == ACT_KILL && act.limit.ns > 0)
			tell(play, "forced", -1);
		if (of_role)
			ck_assert_uint_eq(act.epoch, 5);
	}
}

static void start(struct play *play)
{
	group_start(&play->group, 5, play->now);
	drain(play);
}

static void report(struct play *play, uint8_t slot, enum group_report what)
{
	group_report(&play->group, slot, what, play->now);
	drain(play);
}

static void release(struct play *play, bool forced)
{
	group_release(&play->group, 5, forced, LIMIT, play->now);
	drain(play);
}

/* Lets `ms` pass, waking at each deadline as the runner does. */
static void pass(struct play *play, int64_t ms)
{
	struct instant end = instant_plus(play->now, span_ms(ms));
	for (int i = 0; i < 1000; i++) {
		struct instant deadline = group_deadline(&play->group);
		if (!instant_reached(end, deadline))
			break;
		ck_assert(instant_reached(deadline, play->now)); /* never a deadline in the past */
		play->now = deadline;
		group_tick(&play->group, play->now);
		drain(play);
	}
	play->now = end;
	group_tick(&play->group, play->now);
	drain(play);
}

/* The story since the last look. */
static void expect(struct play *play, const char *story)
{
	ck_assert_str_eq(play->story, story);
	play->story[0] = '\0';
}

START_TEST(resources_start_one_after_the_other_and_stop_in_reverse)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical(), critical(), critical()}, 3);
	start(&play);
	expect(&play, "start 0");
	report(&play, 0, REPORT_UP);
	expect(&play, "start 1");
	report(&play, 1, REPORT_UP);
	report(&play, 2, REPORT_UP);
	expect(&play, "start 2, up");
	release(&play, false);
	expect(&play, "stop 2");
	report(&play, 2, REPORT_DOWN);
	expect(&play, "stop 1");
	report(&play, 1, REPORT_DOWN);
	report(&play, 0, REPORT_DOWN);
	expect(&play, "stop 0, released");
	ck_assert_int_eq(play.group.phase, GROUP_DOWN);
}
END_TEST

START_TEST(a_release_with_nothing_up_is_answered_at_once)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical()}, 1);
	release(&play, false);
	expect(&play, "released");
	release(&play, true);
	expect(&play, "released");
	begin(&play, NULL, 0);
	start(&play);
	expect(&play, "up");
}
END_TEST

START_TEST(a_first_start_that_fails_fails_the_role_without_a_second_try)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical(), critical()}, 2);
	start(&play);
	report(&play, 0, REPORT_UP);
	report(&play, 1, REPORT_FAILED);
	expect(&play, "start 0, start 1, failed 1");
	pass(&play, 100000);
	expect(&play, ""); /* it waits for the release */
	release(&play, false);
	report(&play, 1, REPORT_DOWN);
	report(&play, 0, REPORT_DOWN);
	expect(&play, "stop 1, stop 0, released");
}
END_TEST

START_TEST(a_start_that_takes_too_long_is_a_failure)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical()}, 1);
	start(&play);
	pass(&play, 1999);
	expect(&play, "start 0");
	pass(&play, 1);
	expect(&play, "failed 0");
	report(&play, 0, REPORT_UP); /* too late */
	expect(&play, "");
	release(&play, false);
	expect(&play, "stop 0");
}
END_TEST

START_TEST(what_was_up_is_restarted_in_place_slower_each_time)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical()}, 1);
	start(&play);
	report(&play, 0, REPORT_UP);
	expect(&play, "start 0, up");
	static const int64_t delays[] = {200, 400, 800};
	for (int i = 0; i < 3; i++) {
		report(&play, 0, REPORT_FAILED);
		report(&play, 0, REPORT_DOWN);
		expect(&play, "stop 0");
		pass(&play, delays[i] - 1);
		expect(&play, "");
		pass(&play, 1);
		expect(&play, "start 0");
		report(&play, 0, i == 1 ? REPORT_FAILED : REPORT_UP); /* a failed restart counts, too */
		if (i == 1) {
			expect(&play, "stop 0");
			report(&play, 0, REPORT_DOWN);
			pass(&play, 800);
			expect(&play, "start 0");
			report(&play, 0, REPORT_UP);
			break;
		}
	}
	ck_assert_uint_eq(play.group.slots[0].restarts, 3);
	report(&play, 0, REPORT_FAILED);
	expect(&play, "failed 0");
}
END_TEST

START_TEST(restarts_are_forgotten_after_their_window)
{
	struct play play;
	struct group_slot_options options = critical();
	options.restarts = 1;
	begin(&play, &options, 1);
	start(&play);
	report(&play, 0, REPORT_UP);
	for (int i = 0; i < 5; i++) {
		report(&play, 0, REPORT_FAILED);
		report(&play, 0, REPORT_DOWN);
		pass(&play, 200);
		report(&play, 0, REPORT_UP);
		pass(&play, 900000);
	}
	ck_assert_uint_eq(play.group.slots[0].restarts, 5);
	ck_assert_int_eq(play.group.phase, GROUP_UP);
}
END_TEST

START_TEST(a_new_start_of_the_role_begins_with_all_restarts)
{
	struct play play;
	struct group_slot_options options = critical();
	options.restarts = 1;
	begin(&play, &options, 1);
	for (int i = 0; i < 3; i++) {
		play.story[0] = '\0';
		start(&play);
		report(&play, 0, REPORT_UP);
		report(&play, 0, REPORT_FAILED);
		report(&play, 0, REPORT_DOWN);
		pass(&play, 200);
		report(&play, 0, REPORT_UP);
		expect(&play, "start 0, up, stop 0, start 0");
		release(&play, false);
		report(&play, 0, REPORT_DOWN);
	}
}
END_TEST

START_TEST(the_delay_of_restarts_has_an_upper_end)
{
	struct play play;
	struct group_slot_options options = critical();
	options.restarts = 20;
	begin(&play, &options, 1);
	start(&play);
	report(&play, 0, REPORT_UP);
	for (int i = 0; i < 20; i++) {
		report(&play, 0, REPORT_FAILED);
		report(&play, 0, REPORT_DOWN);
		struct span delay = instant_since(group_deadline(&play.group), play.now);
		ck_assert_int_le(delay.ns, 5000 * 1000000LL);
		if (i > 5)
			ck_assert_int_eq(delay.ns, 5000 * 1000000LL);
		pass(&play, 5000);
		report(&play, 0, REPORT_UP);
	}
	report(&play, 0, REPORT_FAILED);
	ck_assert_int_eq(play.group.phase, GROUP_FAILED);
}
END_TEST

START_TEST(a_repair_on_the_spot_counts_as_a_restart)
{
	struct play play;
	struct group_slot_options options = critical();
	options.restarts = 2;
	begin(&play, &options, 1);
	start(&play);
	report(&play, 0, REPORT_UP);
	report(&play, 0, REPORT_MENDED);
	report(&play, 0, REPORT_MENDED);
	expect(&play, "start 0, up");
	report(&play, 0, REPORT_MENDED);
	expect(&play, "failed 0");
	release(&play, false);
	expect(&play, "stop 0");
}
END_TEST

START_TEST(a_resource_that_is_not_critical_holds_up_nobody_after_its_first_failure)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){optional(), critical()}, 2);
	start(&play);
	expect(&play, "start 0"); /* the order counts for it as well */
	report(&play, 0, REPORT_FAILED);
	expect(&play, "stop 0, start 1");
	report(&play, 1, REPORT_UP);
	expect(&play, "up");
	report(&play, 0, REPORT_DOWN);
	pass(&play, 200);
	expect(&play, "start 0");
}
END_TEST

START_TEST(a_resource_that_is_not_critical_is_given_up_and_tried_again_after_a_window)
{
	struct play play;
	struct group_slot_options options = optional();
	options.restarts = 1;
	begin(&play, &options, 1);
	start(&play);
	expect(&play, "start 0, up"); /* there is nothing critical to wait for */
	report(&play, 0, REPORT_FAILED);
	report(&play, 0, REPORT_DOWN);
	pass(&play, 200);
	report(&play, 0, REPORT_FAILED);
	report(&play, 0, REPORT_DOWN);
	expect(&play, "stop 0, start 0, stop 0");
	ck_assert(play.group.slots[0].given_up);
	pass(&play, 899999);
	expect(&play, "");
	pass(&play, 1);
	expect(&play, "start 0");
	report(&play, 0, REPORT_UP);
	ck_assert(!play.group.slots[0].given_up);
}
END_TEST

START_TEST(a_resource_that_is_not_critical_and_never_restarts_stays_down)
{
	struct play play;
	struct group_slot_options options = optional();
	options.restarts = 0;
	options.window = span_ms(0);
	begin(&play, &options, 1);
	start(&play);
	report(&play, 0, REPORT_FAILED);
	report(&play, 0, REPORT_DOWN);
	expect(&play, "start 0, up, stop 0");
	pass(&play, 10000000);
	expect(&play, "");
	release(&play, false);
	expect(&play, "released");
}
END_TEST

START_TEST(a_stop_that_takes_too_long_is_followed_by_a_kill)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical(), critical()}, 2);
	start(&play);
	report(&play, 0, REPORT_UP);
	report(&play, 1, REPORT_UP);
	play.story[0] = '\0';
	release(&play, false);
	pass(&play, 999);
	expect(&play, "stop 1");
	pass(&play, 1);
	expect(&play, "kill 1");
	pass(&play, 10000);
	expect(&play, "stuck 1, stuck 1"); /* told, and never taken for down */
	report(&play, 1, REPORT_DOWN);
	report(&play, 0, REPORT_DOWN);
	expect(&play, "stop 0, released");
}
END_TEST

START_TEST(a_restart_whose_stop_takes_too_long_kills_as_well)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical()}, 1);
	start(&play);
	report(&play, 0, REPORT_UP);
	report(&play, 0, REPORT_FAILED);
	pass(&play, 1000);
	expect(&play, "start 0, up, stop 0, kill 0");
	report(&play, 0, REPORT_DOWN);
	pass(&play, 200);
	expect(&play, "start 0");
}
END_TEST

START_TEST(a_forced_release_kills_everything_at_once_addresses_first)
{
	struct play play;
	struct group_slot_options address = critical();
	address.is_address = true;
	begin(&play, (struct group_slot_options[]){critical(), address, critical()}, 3);
	start(&play);
	report(&play, 0, REPORT_UP);
	report(&play, 1, REPORT_UP);
	report(&play, 2, REPORT_UP);
	play.story[0] = '\0';
	release(&play, true);
	expect(&play, "kill 1, forced, kill 0, forced, kill 2, forced");
	report(&play, 1, REPORT_DOWN);
	report(&play, 2, REPORT_DOWN);
	expect(&play, "");
	report(&play, 0, REPORT_DOWN);
	expect(&play, "released");
}
END_TEST

START_TEST(a_forced_release_cuts_a_graceful_one_short_and_is_never_softened)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical(), critical()}, 2);
	start(&play);
	report(&play, 0, REPORT_UP);
	release(&play, false);
	expect(&play, "start 0, start 1, stop 1");
	release(&play, true);
	expect(&play, "kill 0, forced, kill 1, forced");
	release(&play, false);
	expect(&play, "");
	report(&play, 0, REPORT_DOWN);
	report(&play, 1, REPORT_DOWN);
	expect(&play, "released");
}
END_TEST

START_TEST(nothing_is_restarted_while_the_role_comes_down)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical(), critical()}, 2);
	start(&play);
	report(&play, 0, REPORT_UP);
	report(&play, 1, REPORT_UP);
	report(&play, 0, REPORT_FAILED); /* being stopped in order to start again */
	report(&play, 1, REPORT_FAILED);
	report(&play, 1, REPORT_DOWN); /* waits for its restart */
	play.story[0] = '\0';
	release(&play, false);
	report(&play, 0, REPORT_DOWN);
	expect(&play, "released");
	pass(&play, 100000);
	expect(&play, "");
}
END_TEST

START_TEST(a_failure_while_the_role_comes_down_is_not_told)
{
	struct play play;
	struct group_slot_options options = critical();
	options.restarts = 0;
	begin(&play, (struct group_slot_options[]){options, options}, 2);
	start(&play);
	report(&play, 0, REPORT_UP);
	report(&play, 1, REPORT_UP);
	play.story[0] = '\0';
	release(&play, false);
	report(&play, 0, REPORT_FAILED);
	report(&play, 1, REPORT_DOWN);
	report(&play, 0, REPORT_DOWN);
	expect(&play, "stop 1, stop 0, released");
}
END_TEST

START_TEST(without_the_right_to_act_a_start_is_asked_for_again)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical(), critical()}, 2);
	start(&play);
	for (int i = 0; i < 200; i++) {
		report(&play, 0, REPORT_REFUSED);
		expect(&play, "start 0");
		pass(&play, 20);
	}
	ck_assert_uint_eq(play.group.slots[0].restarts, 0);
	report(&play, 0, REPORT_UP);
	expect(&play, "start 0, start 1");
}
END_TEST

START_TEST(a_restart_waits_for_what_stands_before_it)
{
	struct play play;
	begin(&play, (struct group_slot_options[]){critical(), critical()}, 2);
	start(&play);
	report(&play, 0, REPORT_UP);
	report(&play, 1, REPORT_UP);
	report(&play, 1, REPORT_FAILED);
	report(&play, 1, REPORT_DOWN);
	report(&play, 0, REPORT_FAILED);
	play.story[0] = '\0';
	pass(&play, 900);
	expect(&play, "");
	report(&play, 0, REPORT_DOWN);
	pass(&play, 200);
	expect(&play, "start 0");
	report(&play, 0, REPORT_UP);
	expect(&play, "start 1");
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
	if (choice < 70 && has_process)
		report(play, slot, (enum group_report)(nrand48(seed) % (REPORT_DOWN + 1)));
	else if (choice < 90)
		pass(play, nrand48(seed) % 3000);
	else if (choice < 94)
		release(play, choice == 93);
	else if (play->group.phase == GROUP_DOWN)
		start(play);
}

START_TEST(whatever_happens_a_role_can_be_brought_down)
{
	unsigned short seed[3] = {(unsigned short)_i, 0x1234, 0x5678};
	struct play play;
	struct group_slot_options options[4] = {critical(), optional(), critical(), optional()};
	options[2].is_address = true;
	options[3].restarts = 0;
	begin(&play, options, 4);
	for (int i = 0; i < 2000; i++) {
		random_step(&play, seed);
		check_rules(&play, strstr(play.story, "released") != NULL &&
		                       play.group.phase == GROUP_DOWN);
		play.story[0] = '\0';
	}
	release(&play, true);
	for (uint8_t i = 0; i < 4; i++)
		report(&play, i, REPORT_DOWN);
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
	tcase_add_test(all, a_first_start_that_fails_fails_the_role_without_a_second_try);
	tcase_add_test(all, a_start_that_takes_too_long_is_a_failure);
	tcase_add_test(all, what_was_up_is_restarted_in_place_slower_each_time);
	tcase_add_test(all, restarts_are_forgotten_after_their_window);
	tcase_add_test(all, a_new_start_of_the_role_begins_with_all_restarts);
	tcase_add_test(all, the_delay_of_restarts_has_an_upper_end);
	tcase_add_test(all, a_repair_on_the_spot_counts_as_a_restart);
	tcase_add_test(all, a_resource_that_is_not_critical_holds_up_nobody_after_its_first_failure);
	tcase_add_test(all,
	               a_resource_that_is_not_critical_is_given_up_and_tried_again_after_a_window);
	tcase_add_test(all, a_resource_that_is_not_critical_and_never_restarts_stays_down);
	tcase_add_test(all, a_stop_that_takes_too_long_is_followed_by_a_kill);
	tcase_add_test(all, a_restart_whose_stop_takes_too_long_kills_as_well);
	tcase_add_test(all, a_forced_release_kills_everything_at_once_addresses_first);
	tcase_add_test(all, a_forced_release_cuts_a_graceful_one_short_and_is_never_softened);
	tcase_add_test(all, nothing_is_restarted_while_the_role_comes_down);
	tcase_add_test(all, a_failure_while_the_role_comes_down_is_not_told);
	tcase_add_test(all, without_the_right_to_act_a_start_is_asked_for_again);
	tcase_add_test(all, a_restart_waits_for_what_stands_before_it);
	tcase_add_loop_test(all, whatever_happens_a_role_can_be_brought_down, 1, 200);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
