/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each rule of a vote, broken by hand in one that is as it should be.
 */
#include "proto/voter_check.h"

#include <check.h>

static const struct instant now = {5000};

static struct voter good(void)
{
	return (struct voter){.holder = 11,
	                      .granted = 5,
	                      .by = {1, 7},
	                      .until = {9000},
	                      .renewed_at = {4000},
	                      .top = 6,
	                      .seen = 8};
}

START_TEST(a_vote_as_it_should_be_breaks_no_rule)
{
	struct voter voter = good(), fresh = {0};
	ck_assert_ptr_null(voter_check(&voter, now));
	ck_assert_ptr_null(voter_check(&fresh, now));
}
END_TEST

START_TEST(an_epoch_that_could_be_given_again_is_named)
{
	struct voter voter = good();
	voter.granted = voter.top + 1;
	ck_assert_str_eq(voter_check(&voter, now), "a granted epoch is covered by top");
	voter = good();
	voter.seen = voter.top - 1;
	ck_assert_str_eq(voter_check(&voter, now), "top is covered by what was seen");
}
END_TEST

START_TEST(a_promise_to_nothing_is_named)
{
	struct voter voter = good();
	voter.granted = 0;
	ck_assert_str_eq(voter_check(&voter, now), "a promise names its epoch and page");
	voter = good();
	voter.by.incarnation = 0;
	ck_assert_str_eq(voter_check(&voter, now), "a promise names its epoch and page");
	voter.holder = 0; /* it was freed */
	ck_assert_ptr_null(voter_check(&voter, now));
}
END_TEST

START_TEST(a_promise_that_cannot_be_dated_is_named)
{
	struct voter voter = good();
	voter.until.ns = voter.renewed_at.ns - 1;
	ck_assert_str_eq(voter_check(&voter, now), "a promise ends after it was renewed");
	voter = good();
	voter.renewed_at.ns = now.ns + 1;
	ck_assert_str_eq(voter_check(&voter, now), "a promise was renewed before now");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("voter_check");
	TCase *rules = tcase_create("rules");
	tcase_add_test(rules, a_vote_as_it_should_be_breaks_no_rule);
	tcase_add_test(rules, an_epoch_that_could_be_given_again_is_named);
	tcase_add_test(rules, a_promise_to_nothing_is_named);
	tcase_add_test(rules, a_promise_that_cannot_be_dated_is_named);
	suite_add_tcase(suite, rules);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
