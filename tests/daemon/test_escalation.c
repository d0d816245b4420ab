/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When it is time to end this host, and when it is not.
 */
#include "daemon/self_fencing/escalation.h"

#include <check.h>
#include <stdlib.h>

static const struct span RELEASE = {500000000};

static struct instant at_ms(int64_t ms)
{
	return (struct instant){ms * 1000000};
}

START_TEST(a_role_that_is_down_is_no_reason)
{
	struct escalation role = {0};
	escalation_follow(&role, INSTANT_PAST, false, at_ms(10000));
	ck_assert_int_eq(escalation_due(&role, RELEASE).ns, INSTANT_NEVER.ns);
}
END_TEST

START_TEST(a_stop_that_takes_long_or_fails_under_a_valid_lease_is_no_reason)
{
	struct escalation role = {0};
	for (int64_t ms = 0; ms < 60000; ms += 200) {
		escalation_follow(&role, at_ms(ms + 2000), true, at_ms(ms));
		ck_assert_int_eq(escalation_due(&role, RELEASE).ns, INSTANT_NEVER.ns);
	}
}
END_TEST

START_TEST(what_is_still_up_when_the_others_may_start_is_a_reason)
{
	struct escalation role = {0};
	escalation_follow(&role, at_ms(2000), true, at_ms(1999));
	ck_assert_int_eq(escalation_due(&role, RELEASE).ns, INSTANT_NEVER.ns);
	escalation_follow(&role, at_ms(2000), true, at_ms(2003));
	ck_assert_int_eq(escalation_due(&role, RELEASE).ns, at_ms(2500).ns);
	escalation_follow(&role, at_ms(2000), true, at_ms(2400));
	ck_assert_int_eq(escalation_due(&role, RELEASE).ns, at_ms(2500).ns);
}
END_TEST

START_TEST(what_goes_down_in_time_is_no_reason)
{
	struct escalation role = {0};
	escalation_follow(&role, at_ms(2000), true, at_ms(2003));
	escalation_follow(&role, INSTANT_PAST, false, at_ms(2499));
	ck_assert_int_eq(escalation_due(&role, RELEASE).ns, INSTANT_NEVER.ns);
}
END_TEST

START_TEST(a_host_that_was_frozen_gets_half_a_release_to_kill)
{
	struct escalation role = {0};
	escalation_follow(&role, at_ms(2000), true, at_ms(1000));
	escalation_follow(&role, at_ms(2000), true, at_ms(9000));
	ck_assert_int_eq(escalation_due(&role, RELEASE).ns, at_ms(9250).ns);
	escalation_follow(&role, at_ms(2000), true, at_ms(9200));
	ck_assert_int_eq(escalation_due(&role, RELEASE).ns, at_ms(9250).ns);
}
END_TEST

START_TEST(another_lease_begins_anew)
{
	struct escalation role = {0};
	escalation_follow(&role, at_ms(2000), true, at_ms(2003));
	escalation_follow(&role, INSTANT_PAST, false, at_ms(2100));
	escalation_follow(&role, at_ms(12000), true, at_ms(10000));
	ck_assert_int_eq(escalation_due(&role, RELEASE).ns, INSTANT_NEVER.ns);
	escalation_follow(&role, at_ms(12000), true, at_ms(12000));
	ck_assert_int_eq(escalation_due(&role, RELEASE).ns, at_ms(12500).ns);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("escalation");
	TCase *tcase = tcase_create("escalation");
	tcase_add_test(tcase, a_role_that_is_down_is_no_reason);
	tcase_add_test(tcase, a_stop_that_takes_long_or_fails_under_a_valid_lease_is_no_reason);
	tcase_add_test(tcase, what_is_still_up_when_the_others_may_start_is_a_reason);
	tcase_add_test(tcase, what_goes_down_in_time_is_no_reason);
	tcase_add_test(tcase, a_host_that_was_frozen_gets_half_a_release_to_kill);
	tcase_add_test(tcase, another_lease_begins_anew);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
