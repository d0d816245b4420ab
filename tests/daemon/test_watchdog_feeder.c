/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The feeder on a device and a clock that are played: they stand in for the platform's in this
 * program.
 */
#include "daemon/self_fencing/watchdog_feeder.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/platform/platform.h"

static const struct timing LAN = {{200000000}, {2000000000}, {500000000}};
static const struct timing FAST = {{20000000}, {200000000}, {50000000}};

/* The one host of the test under way. The platform's functions have no other way to it. */
static struct host {
	struct instant now;
	bool is_counting, is_open;
	struct instant fed;
	unsigned armings, feeds, stops, abandoned;
	const char *trouble; /* every act fails so; NULL: they succeed */
	struct span slow;    /* what each act takes */
	char lines[4096];    /* what was said, one behind the other */
	struct watchdog_feeder feeder;
} host;

struct instant platform_now(void)
{
	return host.now;
}

static enum code act(const char *what, struct error *error)
{
	host.now = instant_plus(host.now, host.slow);
	if (host.trouble != NULL)
		return error_set(error, CODE_EXISTS, "/dev/dog: %s: %s", what, host.trouble);
	return CODE_OK;
}

enum code platform_watchdog_look(const char *path, struct watchdog_facts *facts,
                                 struct error *error)
{
	(void)path;
	(void)error;
	*facts = (struct watchdog_facts){.identity = "played", .is_running = host.is_counting};
	return CODE_OK;
}

void platform_watchdog_init(struct watchdog_device *device, const char *path)
{
	device->fd = -1;
	snprintf(device->path, sizeof device->path, "%s", path);
}

enum code platform_watchdog_arm(struct watchdog_device *device, struct span timeout,
                                struct span *armed, struct error *error)
{
	enum code code = act("cannot open it", error);
	if (code != CODE_OK)
		return code;
	device->fd = 1000;
	host.is_counting = host.is_open = true;
	host.armings++;
	host.fed = host.now;
	*armed = timeout;
	return CODE_OK;
}

enum code platform_watchdog_pet(struct watchdog_device *device, struct error *error)
{
	ck_assert_int_ge(device->fd, 0);
	enum code code = act("cannot pet it", error);
	if (code != CODE_OK)
		return code;
	host.feeds++;
	host.fed = host.now;
	return CODE_OK;
}

enum code platform_watchdog_disarm(struct watchdog_device *device, struct error *error)
{
	enum code code = act("cannot stop it", error);
	if (code != CODE_OK)
		return code;
	device->fd = -1;
	host.is_counting = host.is_open = false;
	host.stops++;
	return CODE_OK;
}

void platform_watchdog_abandon(struct watchdog_device *device)
{
	device->fd = -1;
	host.is_open = false;
	host.abandoned++;
}

static void say(void *context, enum note_level level, const char *line)
{
	static const char *const words[] = {[LEVEL_ERROR] = "error",
	                                    [LEVEL_WARNING] = "warning",
	                                    [LEVEL_INFO] = "info",
	                                    [LEVEL_DEBUG] = "debug"};
	size_t length = strlen(host.lines);
	ck_assert_ptr_eq(context, &host);
	snprintf(host.lines + length, sizeof host.lines - length, "%s %s\n", words[level], line);
}

/* Looks at and forgets what was said. */
static void said(const char *expected)
{
	ck_assert_str_eq(host.lines, expected);
	host.lines[0] = '\0';
}

static void said_something_like(const char *expected)
{
	ck_assert_msg(strstr(host.lines, expected) != NULL, "%s", host.lines);
	host.lines[0] = '\0';
}

static void open_with(enum config_use use, struct timing timing)
{
	const struct watchdog_feeder_settings settings = {
	    .use = use,
	    .device = "/dev/dog",
	    .timing = timing,
	    .hooks = {.context = &host, .say = say},
	};
	watchdog_feeder_open(&host.feeder, &settings);
}

static void begin(void)
{
	memset(&host, 0, sizeof host);
	host.now = (struct instant){1000000000};
}

/* Time passes, deadlines are kept, but nobody confirms anything. */
static void pass(int64_t ms)
{
	struct instant end = instant_plus(host.now, span_ms(ms));
	for (;;) {
		struct instant deadline = watchdog_feeder_deadline(&host.feeder);
		if (!instant_before(deadline, end))
			break;
		host.now = instant_later(host.now, deadline);
		watchdog_feeder_turn(&host.feeder);
	}
	host.now = instant_later(host.now, end);
}

/* A majority confirms a heartbeat that was sent now. */
static void confirm(uint8_t role)
{
	watchdog_feeder_follow(&host.feeder, role, instant_plus(host.now, LAN.lease), LAN.release);
	watchdog_feeder_turn(&host.feeder);
}

static void release(uint8_t role)
{
	watchdog_feeder_follow(&host.feeder, role, INSTANT_PAST, LAN.release);
	watchdog_feeder_turn(&host.feeder);
}

static void own_for_a_second(uint8_t role)
{
	for (int i = 0; i < 5; i++) {
		confirm(role);
		pass(200);
	}
}

START_TEST(a_watchdog_that_is_off_is_never_touched)
{
	open_with(USE_OFF, LAN);
	watchdog_feeder_turn(&host.feeder);
	own_for_a_second(0);
	release(0);
	watchdog_feeder_close(&host.feeder);
	ck_assert_uint_eq(host.armings, 0);
	ck_assert(watchdog_feeder_allows(&host.feeder, 0));
	ck_assert_int_eq(watchdog_feeder_deadline(&host.feeder).ns, INSTANT_NEVER.ns);
	said("");
}
END_TEST

START_TEST(a_device_that_works_is_tried_and_named_once_and_stopped_until_it_is_needed)
{
	open_with(USE_AUTO, LAN);
	watchdog_feeder_turn(&host.feeder);
	said("info watchdog: /dev/dog (played), 2s after the last feeding it resets this host; "
	     "armed while this node owns a role\n");
	ck_assert_uint_eq(host.armings, 1);
	ck_assert(!host.is_counting);
	pass(60000);
	ck_assert_uint_eq(host.armings, 1);
	said("");
}
END_TEST

START_TEST(it_counts_while_a_role_is_owned_and_only_then)
{
	open_with(USE_AUTO, LAN);
	watchdog_feeder_turn(&host.feeder);
	host.lines[0] = '\0';
	confirm(3);
	ck_assert(host.is_counting);
	said("info watchdog: armed with 2s\n");
	own_for_a_second(3);
	ck_assert_uint_ge(host.feeds, 5);
	release(3);
	ck_assert(!host.is_counting);
	said("info watchdog: disarmed: nothing is owned here\n");
}
END_TEST

START_TEST(only_a_confirmation_keeps_it_from_resetting_the_host)
{
	open_with(USE_AUTO, LAN);
	own_for_a_second(0);
	struct instant sent = instant_minus(host.now, span_ms(200));
	host.lines[0] = '\0';
	pass(3000);
	struct instant resets = instant_plus(host.fed, span_ms(2000));
	ck_assert(!instant_before(instant_plus(sent, span_ms(2250)), resets));
	said_something_like("warning watchdog: no majority has confirmed this owner");
}
END_TEST

START_TEST(a_lease_that_gains_next_to_nothing_costs_no_feeding)
{
	open_with(USE_AUTO, LAN);
	confirm(0);
	unsigned feeds = host.feeds;
	for (int i = 0; i < 40; i++) {
		host.now = instant_plus(host.now, span_ms(1));
		confirm(0);
	}
	ck_assert_uint_eq(host.feeds, feeds);
	host.now = instant_plus(host.now, span_ms(10));
	confirm(0);
	ck_assert_uint_eq(host.feeds, feeds + 1);
}
END_TEST

START_TEST(a_device_that_is_required_and_fails_allows_nothing)
{
	open_with(USE_REQUIRED, LAN);
	host.trouble = "Device or resource busy";
	watchdog_feeder_turn(&host.feeder);
	said("error watchdog: required, and it cannot be used: /dev/dog: cannot open it: Device or "
	     "resource busy\n");
	ck_assert_str_eq(watchdog_feeder_obstacle(&host.feeder),
	                 "/dev/dog: cannot open it: Device or resource busy");
	confirm(0);
	ck_assert(!watchdog_feeder_allows(&host.feeder, 0));
	release(0);
	pass(60000);
	said(""); /* it is tried each second, and told once */
}
END_TEST

START_TEST(a_device_that_is_required_allows_what_it_covers)
{
	open_with(USE_REQUIRED, LAN);
	watchdog_feeder_turn(&host.feeder);
	ck_assert_ptr_null(watchdog_feeder_obstacle(&host.feeder));
	ck_assert(!watchdog_feeder_allows(&host.feeder, 0));
	confirm(0);
	ck_assert(watchdog_feeder_allows(&host.feeder, 0));
	ck_assert(!watchdog_feeder_allows(&host.feeder, 1));
	release(0);
	ck_assert(!watchdog_feeder_allows(&host.feeder, 0));
}
END_TEST

START_TEST(a_device_that_fails_does_not_matter_where_it_is_not_required)
{
	open_with(USE_AUTO, LAN);
	host.trouble = "No such file or directory";
	watchdog_feeder_turn(&host.feeder);
	said("warning watchdog: not used: /dev/dog: cannot open it: No such file or directory\n");
	confirm(0);
	ck_assert(watchdog_feeder_allows(&host.feeder, 0));
	ck_assert_ptr_null(watchdog_feeder_obstacle(&host.feeder));
}
END_TEST

START_TEST(a_device_that_comes_back_is_told_and_used)
{
	open_with(USE_REQUIRED, LAN);
	watchdog_feeder_turn(&host.feeder);
	host.trouble = "Device or resource busy";
	confirm(0);
	release(0);
	ck_assert_ptr_nonnull(watchdog_feeder_obstacle(&host.feeder));
	host.lines[0] = '\0';
	host.trouble = NULL;
	pass(2000);
	ck_assert_ptr_null(watchdog_feeder_obstacle(&host.feeder));
	ck_assert(!host.is_counting);
	said("info watchdog: /dev/dog works again\n");
}
END_TEST

START_TEST(timing_that_no_watchdog_fits_is_told)
{
	open_with(USE_AUTO, FAST);
	said_something_like("warning watchdog: not used: no watchdog is fast enough for a lease of "
	                    "200ms");
	watchdog_feeder_turn(&host.feeder);
	confirm(0);
	ck_assert_uint_eq(host.armings, 0);
	ck_assert(watchdog_feeder_allows(&host.feeder, 0));
}
END_TEST

START_TEST(a_worker_that_goes_as_an_owner_leaves_it_counting_and_the_next_takes_it_over)
{
	open_with(USE_REQUIRED, LAN);
	own_for_a_second(0);
	host.lines[0] = '\0';
	watchdog_feeder_close(&host.feeder);
	ck_assert_uint_eq(host.abandoned, 1);
	ck_assert(host.is_counting);
	said_something_like("warning watchdog: left armed");
	/* The next life, with the lease which the memory kept. */
	open_with(USE_REQUIRED, LAN);
	confirm(0);
	ck_assert(host.is_counting && host.is_open);
	ck_assert_int_eq(host.fed.ns, host.now.ns);
	ck_assert(watchdog_feeder_allows(&host.feeder, 0));
}
END_TEST

START_TEST(a_worker_that_goes_owning_nothing_leaves_nothing_counting)
{
	open_with(USE_AUTO, LAN);
	confirm(0);
	host.trouble = "Input/output error";
	release(0);
	said_something_like("warning watchdog: not used: /dev/dog: cannot stop it");
	ck_assert(host.is_counting);
	host.trouble = NULL;
	watchdog_feeder_close(&host.feeder);
	ck_assert(!host.is_counting);
	ck_assert_uint_eq(host.abandoned, 0);
}
END_TEST

START_TEST(a_device_that_holds_the_daemon_up_is_told)
{
	open_with(USE_AUTO, LAN);
	host.slow = span_ms(120);
	watchdog_feeder_turn(&host.feeder);
	said_something_like("/dev/dog took 120ms to answer");
	confirm(0);
	ck_assert_ptr_null(strstr(host.lines, "to answer")); /* not each time */
}
END_TEST

START_TEST(a_feeding_that_came_too_late_is_told)
{
	open_with(USE_AUTO, LAN);
	watchdog_feeder_turn(&host.feeder);
	host.slow = span_ms(400);
	confirm(0);
	said_something_like("error watchdog: fed 150ms too late");
	ck_assert(!watchdog_covers(&host.feeder.policy, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("feeder");
	TCase *tcase = tcase_create("feeder");
	tcase_add_checked_fixture(tcase, begin, NULL);
	tcase_add_test(tcase, a_watchdog_that_is_off_is_never_touched);
	tcase_add_test(tcase,
	               a_device_that_works_is_tried_and_named_once_and_stopped_until_it_is_needed);
	tcase_add_test(tcase, it_counts_while_a_role_is_owned_and_only_then);
	tcase_add_test(tcase, only_a_confirmation_keeps_it_from_resetting_the_host);
	tcase_add_test(tcase, a_lease_that_gains_next_to_nothing_costs_no_feeding);
	tcase_add_test(tcase, a_device_that_is_required_and_fails_allows_nothing);
	tcase_add_test(tcase, a_device_that_is_required_allows_what_it_covers);
	tcase_add_test(tcase, a_device_that_fails_does_not_matter_where_it_is_not_required);
	tcase_add_test(tcase, a_device_that_comes_back_is_told_and_used);
	tcase_add_test(tcase, timing_that_no_watchdog_fits_is_told);
	tcase_add_test(
	    tcase, a_worker_that_goes_as_an_owner_leaves_it_counting_and_the_next_takes_it_over);
	tcase_add_test(tcase, a_worker_that_goes_owning_nothing_leaves_nothing_counting);
	tcase_add_test(tcase, a_device_that_holds_the_daemon_up_is_told);
	tcase_add_test(tcase, a_feeding_that_came_too_late_is_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
