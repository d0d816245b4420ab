/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which watchdog goes with which timing.
 */
#include "config/fit.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct timing timing_of(int64_t heartbeat_ms, int64_t lease_ms, int64_t release_ms)
{
	return (struct timing){span_ms(heartbeat_ms), span_ms(lease_ms), span_ms(release_ms)};
}

static int64_t fit_s(struct timing timing, int64_t wanted_s)
{
	struct span timeout = {-1};
	enum code code = fit_watchdog(timing, span_ms(wanted_s * 1000), &timeout, NULL);
	ck_assert((code == CODE_OK) == (timeout.ns > 0));
	return code == CODE_OK ? timeout.ns / span_ms(1000).ns : 0;
}

START_TEST(longest_timeout_that_fits_is_chosen)
{
	ck_assert_int_eq(fit_s(timing_of(200, 2000, 500), 0), 2);
	ck_assert_int_eq(fit_s(timing_of(1000, 10000, 2000), 0), 10);
	ck_assert_int_eq(fit_s(timing_of(1000, 10000, 2000), 3), 3);
	/* A short release allows a watchdog no long time-out, of which 2 % are much. */
	ck_assert_int_eq(fit_s(timing_of(1000, 60000, 500), 0), 7);
	ck_assert_int_eq(fit_s(timing_of(1000, 60000, 500), 7), 7);
	ck_assert_int_eq(fit_s(timing_of(1000, 60000, 500), 8), 0);
}
END_TEST

/* Fault 62: the watchdog does not fit the lease. */
START_TEST(timeout_that_does_not_fit_is_refused_with_what_to_change)
{
	static const struct {
		int64_t heartbeat_ms, lease_ms, release_ms, wanted_s;
		const char *says;
	} cases[] = {
	    {20, 200, 50, 0, "no watchdog is fast enough for a lease of 200ms"},
	    {200, 2000, 500, 3, "a time-out of 3s resets a host too late"},
	    {200, 2000, 500, 3, "at most 2s (lease"},
	    {100, 2000, 250, 2, "a watchdog of 2s that is late; at least 280ms is needed"},
	    {100, 2000, 200, 0, "a watchdog of 1s that is late; at least 240ms is needed"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct timing timing =
		    timing_of(cases[i].heartbeat_ms, cases[i].lease_ms, cases[i].release_ms);
		struct span timeout = {-1};
		struct error error;
		ck_assert_int_eq(
		    fit_watchdog(timing, span_ms(cases[i].wanted_s * 1000), &timeout, &error),
		    CODE_INVALID);
		ck_assert_msg(strstr(error.text, cases[i].says) != NULL, "%s", error.text);
		ck_assert_int_eq(timeout.ns, -1);
	}
}
END_TEST

/* The two inequalities of the header, over many timings. */
START_TEST(what_fits_is_fed_in_time_and_may_be_late)
{
	unsigned fitting = 0;
	for (int64_t lease = 500; lease <= 40000; lease += 250) {
		for (int64_t release = 50; release <= 5000; release += 50) {
			int64_t heartbeat = lease / 10;
			int64_t w = fit_s(timing_of(heartbeat, lease, release), 0) * 1000;
			if (w == 0)
				continue;
			fitting++;
			ck_assert_int_le(w, lease + release / 2 - heartbeat);
			ck_assert_int_le(2 * (100 + w / 50), release);
			bool longer_fits = w + 1000 <= lease + release / 2 - heartbeat &&
			                   2 * (100 + (w + 1000) / 50) <= release;
			ck_assert(!longer_fits);
		}
	}
	ck_assert_uint_gt(fitting, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fit");
	TCase *tcase = tcase_create("fit");
	tcase_add_test(tcase, longest_timeout_that_fits_is_chosen);
	tcase_add_test(tcase, timeout_that_does_not_fit_is_refused_with_what_to_change);
	tcase_add_test(tcase, what_fits_is_fed_in_time_and_may_be_late);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
