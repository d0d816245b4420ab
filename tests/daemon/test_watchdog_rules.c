/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of the watchdog in virtual time, on a device that fires when it should.
 */
#include "daemon/self_fencing/watchdog_rules.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/fit.h"

static const struct timing LAN = {{200000000}, {2000000000}, {500000000}};

/* A host: the policy, its device, and a clock. */
struct bench {
	struct watchdog watchdog;
	struct instant now;
	bool is_counting;
	struct instant fires;
	unsigned armings, pets, stops, warnings;
	bool refuses; /* the device: everything fails */
};

static struct instant at_ms(int64_t ms)
{
	return (struct instant){ms * 1000000};
}

static struct bench begin(struct timing timing)
{
	struct bench bench;
	struct span timeout;
	memset(&bench, 0, sizeof bench);
	ck_assert_int_eq(fit_watchdog(timing, (struct span){0}, &timeout, NULL), CODE_OK);
	watchdog_init(&bench.watchdog, timeout, false);
	return bench;
}

static void count_act(struct bench *bench, enum watchdog_act act)
{
	switch (act) {
	case WATCHDOG_NOTHING:
		return;
	case WATCHDOG_ARM:
		bench->armings++;
		bench->is_counting = true;
		bench->fires = instant_plus(bench->now, bench->watchdog.timeout);
		return;
	case WATCHDOG_PET:
		bench->pets++;
		ck_assert(bench->is_counting);
		bench->fires = instant_plus(bench->now, bench->watchdog.armed);
		return;
	case WATCHDOG_DISARM:
		bench->stops++;
		bench->is_counting = false;
		return;
	}
}

/* Does what the policy orders, until it orders nothing. */
static void obey(struct bench *bench)
{
	for (unsigned i = 0; i < 8; i++) {
		struct watchdog_order order = watchdog_next(&bench->watchdog, bench->now);
		bench->warnings += order.silent.ns > 0 ? 1 : 0;
		if (order.act == WATCHDOG_NOTHING)
			return;
		if (bench->refuses) {
			watchdog_failed(&bench->watchdog, order.act, bench->now);
			continue;
		}
		count_act(bench, order.act);
		struct span late =
		    watchdog_done(&bench->watchdog, order.act, bench->now, bench->watchdog.timeout);
		ck_assert_int_eq(late.ns, 0);
	}
	ck_abort_msg("it orders without end");
}

/* Time passes; deadlines are kept. */
static void pass(struct bench *bench, struct instant until)
{
	for (;;) {
		struct instant deadline = watchdog_deadline(&bench->watchdog);
		if (!instant_before(deadline, until))
			break;
		bench->now = instant_later(bench->now, deadline);
		ck_assert_msg(!bench->is_counting || instant_before(bench->now, bench->fires),
		              "the host was reset");
		obey(bench);
	}
	bench->now = until;
}

static void hold(struct bench *bench, uint8_t role, int64_t sent_ms, struct timing timing)
{
	struct instant end = instant_plus(at_ms(sent_ms), timing.lease);
	watchdog_hold(&bench->watchdog, role, end, timing.release);
	obey(bench);
}

START_TEST(it_is_armed_with_the_first_role_and_disarmed_with_the_last)
{
	struct bench bench = begin(LAN);
	pass(&bench, at_ms(60000));
	ck_assert_uint_eq(bench.armings, 0);
	hold(&bench, 3, 60000, LAN);
	ck_assert(bench.is_counting && watchdog_covers(&bench.watchdog, 3));
	hold(&bench, 4, 60000, LAN);
	ck_assert_uint_eq(bench.armings, 1);
	watchdog_released(&bench.watchdog, 3);
	obey(&bench);
	ck_assert(bench.is_counting);
	watchdog_released(&bench.watchdog, 4);
	obey(&bench);
	ck_assert(!bench.is_counting);
	ck_assert_int_eq(watchdog_deadline(&bench.watchdog).ns, INSTANT_NEVER.ns);
	ck_assert(!watchdog_covers(&bench.watchdog, 4));
}
END_TEST

/* Fault 62: the watchdog does not fit the lease. */
START_TEST(it_is_not_armed_when_too_little_of_the_lease_is_left)
{
	struct bench bench = begin(LAN);
	bench.now = at_ms(1000);
	hold(&bench, 0, 749, LAN);
	ck_assert(!bench.is_counting);
	hold(&bench, 0, 750, LAN);
	ck_assert(bench.is_counting);
}
END_TEST

START_TEST(a_device_that_cannot_be_armed_in_time_waits_for_the_next_confirmation)
{
	struct bench bench = begin(LAN);
	bench.now = at_ms(1000);
	hold(&bench, 0, 749, LAN);
	ck_assert_int_eq(watchdog_deadline(&bench.watchdog).ns, INSTANT_NEVER.ns);
	hold(&bench, 0, 751, LAN);
	ck_assert(bench.is_counting);
}
END_TEST

START_TEST(a_late_confirmation_does_not_pet)
{
	struct bench bench = begin(LAN);
	hold(&bench, 0, 0, LAN);
	pass(&bench, at_ms(1500));
	struct instant fires = bench.fires;
	hold(&bench, 0, 1200, LAN); /* 300 ms under way: its reset would come at 3.5 s, not 3.45 */
	ck_assert_int_eq(bench.fires.ns, fires.ns);
	hold(&bench, 0, 1250, LAN);
	ck_assert_int_eq(bench.fires.ns, at_ms(3500).ns);
}
END_TEST

/* Fault 63: nobody feeds the watchdog. */
START_TEST(a_hung_owner_is_reset_before_another_may_start)
{
	struct bench bench = begin(LAN);
	for (int64_t ms = 0; ms <= 5000; ms += 200) {
		pass(&bench, at_ms(ms));
		hold(&bench, 0, ms, LAN);
	}
	/* Nothing happens any more. The others may start at 5 s + lease + release. */
	ck_assert(bench.is_counting);
	ck_assert(!instant_before(at_ms(7250), bench.fires));
}
END_TEST

START_TEST(an_owner_without_a_majority_has_time_to_release)
{
	struct bench bench = begin(LAN);
	hold(&bench, 0, 0, LAN);
	pass(&bench, at_ms(2200)); /* asserts that it was not reset */
	ck_assert(bench.is_counting);
	ck_assert(!instant_before(bench.fires, at_ms(2240)));
	ck_assert(!instant_before(at_ms(2250), bench.fires));
	watchdog_released(&bench.watchdog, 0);
	obey(&bench);
	ck_assert(!bench.is_counting);
}
END_TEST

START_TEST(an_owner_that_cannot_release_is_reset)
{
	struct bench bench = begin(LAN);
	hold(&bench, 0, 0, LAN);
	hold(&bench, 1, 0, LAN);
	watchdog_released(&bench.watchdog, 1);
	for (int64_t ms = 0; ms < 2240; ms += 10) {
		bench.now = at_ms(ms);
		obey(&bench);
	}
	ck_assert(!instant_before(at_ms(2250), bench.fires));
}
END_TEST

START_TEST(the_role_with_the_earliest_end_decides)
{
	struct bench bench = begin(LAN);
	hold(&bench, 0, 0, LAN);
	pass(&bench, at_ms(1000));
	hold(&bench, 1, 1000, LAN);
	/* Role 0 was not confirmed again: feeding for role 1 alone would be too late for it. */
	ck_assert(!instant_before(at_ms(2250), bench.fires));
	ck_assert(watchdog_covers(&bench.watchdog, 0));
	ck_assert(watchdog_covers(&bench.watchdog, 1));
}
END_TEST

START_TEST(a_role_whose_lease_ends_before_the_device_fires_is_not_covered_yet)
{
	struct bench bench = begin(LAN);
	pass(&bench, at_ms(1000));
	hold(&bench, 0, 1000, LAN);
	hold(&bench, 1, 500, LAN); /* its grant is older than the last feeding */
	ck_assert(watchdog_covers(&bench.watchdog, 0));
	ck_assert(!watchdog_covers(&bench.watchdog, 1));
	hold(&bench, 1, 1000, LAN);
	ck_assert(watchdog_covers(&bench.watchdog, 1));
}
END_TEST

START_TEST(silence_is_told_once_at_sixty_percent)
{
	struct bench bench = begin(LAN);
	hold(&bench, 0, 0, LAN);
	struct instant fed = bench.watchdog.fed;
	bench.now = instant_plus(fed, span_ms(1199));
	ck_assert_int_eq(watchdog_next(&bench.watchdog, bench.now).silent.ns, 0);
	bench.now = instant_plus(fed, span_ms(1200));
	ck_assert_int_eq(watchdog_next(&bench.watchdog, bench.now).silent.ns, span_ms(1200).ns);
	ck_assert_int_eq(watchdog_next(&bench.watchdog, bench.now).silent.ns, 0);
	hold(&bench, 0, 1200, LAN);
	bench.now = instant_plus(bench.watchdog.fed, span_ms(1300));
	ck_assert_int_eq(watchdog_next(&bench.watchdog, bench.now).silent.ns, span_ms(1300).ns);
}
END_TEST

START_TEST(a_host_held_up_between_clock_and_device_is_told)
{
	struct bench bench = begin(LAN);
	watchdog_hold(&bench.watchdog, 0, at_ms(2000), LAN.release);
	ck_assert_int_eq(watchdog_next(&bench.watchdog, at_ms(0)).act, WATCHDOG_ARM);
	struct span late =
	    watchdog_done(&bench.watchdog, WATCHDOG_ARM, at_ms(400), bench.watchdog.timeout);
	ck_assert_int_eq(late.ns, span_ms(150).ns);
	ck_assert(!watchdog_covers(&bench.watchdog, 0));
}
END_TEST

START_TEST(a_device_left_running_is_taken_over_and_stopped)
{
	struct bench bench = begin(LAN);
	watchdog_init(&bench.watchdog, span_ms(2000), true);
	obey(&bench);
	ck_assert_uint_eq(bench.armings, 1);
	ck_assert_uint_eq(bench.stops, 1);
	ck_assert(!bench.is_counting);
	obey(&bench);
	ck_assert_uint_eq(bench.armings, 1);
}
END_TEST

START_TEST(a_device_that_does_not_arm_is_tried_again_each_second)
{
	struct bench bench = begin(LAN);
	bench.refuses = true;
	for (int64_t ms = 0; ms < 3000; ms += 200) {
		bench.now = at_ms(ms);
		hold(&bench, 0, ms, LAN);
		ck_assert(!watchdog_covers(&bench.watchdog, 0));
	}
	bench.refuses = false;
	bench.now = at_ms(3000);
	hold(&bench, 0, 3000, LAN);
	ck_assert(watchdog_covers(&bench.watchdog, 0));
	ck_assert_uint_eq(bench.armings, 1);
}
END_TEST

START_TEST(a_device_that_did_not_arm_is_tried_until_it_does_also_when_nothing_is_owned)
{
	struct bench bench = begin(LAN);
	bench.refuses = true;
	hold(&bench, 0, 0, LAN);
	watchdog_released(&bench.watchdog, 0);
	pass(&bench, at_ms(5000));
	bench.refuses = false;
	pass(&bench, at_ms(7000));
	ck_assert_uint_eq(bench.armings, 1);
	ck_assert_uint_eq(bench.stops, 1);
	ck_assert_int_eq(watchdog_deadline(&bench.watchdog).ns, INSTANT_NEVER.ns);
}
END_TEST

START_TEST(a_device_that_does_not_stop_is_fed_and_stopped_again)
{
	struct bench bench = begin(LAN);
	hold(&bench, 0, 0, LAN);
	watchdog_released(&bench.watchdog, 0);
	struct watchdog_order order = watchdog_next(&bench.watchdog, bench.now);
	ck_assert_int_eq(order.act, WATCHDOG_DISARM);
	watchdog_failed(&bench.watchdog, order.act, bench.now);
	pass(&bench, at_ms(900)); /* taken over at once; not stopped yet */
	ck_assert_uint_eq(bench.armings, 2);
	ck_assert_uint_eq(bench.stops, 0);
	pass(&bench, at_ms(1100));
	ck_assert_uint_eq(bench.stops, 1);
	ck_assert(!bench.is_counting);
}
END_TEST

/* Roles come and go, confirmations are late or lost, the loop stalls, the host hangs in the end:
 * at no moment is the device due after the time at which a covered role must be gone. */
START_TEST(whatever_happens_a_covered_role_is_reset_in_time)
{
	const char *given = getenv("WATCHDOG_SEED");
	unsigned seed = given == NULL ? (unsigned)time(NULL) : (unsigned)strtoul(given, NULL, 10);
	printf("WATCHDOG_SEED=%u\n", seed);
	srandom(seed);
	struct bench bench = begin(LAN);
	bool runs[3] = {false};
	struct instant sent[3] = {{0}};
	unsigned starts = 0;
	for (unsigned step = 0; step < 200000; step++) {
		uint8_t role = (uint8_t)(random() % 3);
		bench.now.ns += random() % 50 * 1000000;
		if (random() % 200 == 0)
			bench.now.ns += random() % 2000 * 1000000;
		if (bench.is_counting && !instant_before(bench.now, bench.fires)) {
			memset(runs, 0, sizeof runs); /* the host was reset and begins anew */
			bench.is_counting = false;
			watchdog_init(&bench.watchdog, bench.watchdog.timeout, false);
		}
		/* A lease end is that of the newest heartbeat that a majority confirmed. */
		struct instant newer = instant_minus(bench.now, span_ms(random() % 400));
		sent[role] = instant_later(sent[role], newer);
		if (random() % 3 != 0)
			hold(&bench, role, sent[role].ns / 1000000, LAN);
		else if (random() % 10 == 0) {
			watchdog_released(&bench.watchdog, role);
			runs[role] = false;
		}
		obey(&bench);
		if (!runs[role] && watchdog_covers(&bench.watchdog, role)) {
			runs[role] = true;
			starts++;
		}
		for (uint8_t i = 0; i < 3; i++)
			ck_assert_msg(
			    !runs[i] || (bench.is_counting &&
			                 !instant_before(bench.watchdog.reset_by[i], bench.fires)),
			    "step %u: role %u is not covered", step, i);
	}
	ck_assert_uint_gt(starts, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watchdog");
	TCase *tcase = tcase_create("watchdog");
	tcase_add_test(tcase, it_is_armed_with_the_first_role_and_disarmed_with_the_last);
	tcase_add_test(tcase, it_is_not_armed_when_too_little_of_the_lease_is_left);
	tcase_add_test(tcase,
	               a_device_that_cannot_be_armed_in_time_waits_for_the_next_confirmation);
	tcase_add_test(tcase, a_late_confirmation_does_not_pet);
	tcase_add_test(tcase, a_hung_owner_is_reset_before_another_may_start);
	tcase_add_test(tcase, an_owner_without_a_majority_has_time_to_release);
	tcase_add_test(tcase, an_owner_that_cannot_release_is_reset);
	tcase_add_test(tcase, the_role_with_the_earliest_end_decides);
	tcase_add_test(tcase, a_role_whose_lease_ends_before_the_device_fires_is_not_covered_yet);
	tcase_add_test(tcase, silence_is_told_once_at_sixty_percent);
	tcase_add_test(tcase, a_host_held_up_between_clock_and_device_is_told);
	tcase_add_test(tcase, a_device_left_running_is_taken_over_and_stopped);
	tcase_add_test(tcase, a_device_that_does_not_arm_is_tried_again_each_second);
	tcase_add_test(tcase,
	               a_device_that_did_not_arm_is_tried_until_it_does_also_when_nothing_is_owned);
	tcase_add_test(tcase, a_device_that_does_not_stop_is_fed_and_stopped_again);
	tcase_add_test(tcase, whatever_happens_a_covered_role_is_reset_in_time);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
