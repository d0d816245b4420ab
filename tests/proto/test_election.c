/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the resources answer counts for the epoch it was asked for, and for no other.
 */
#include "proto/member.h"

#include <check.h>

#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

static const struct role *role_of(const struct cluster *c, uint8_t i)
{
	return &c->members[i].roles[0];
}

static void answer(struct cluster *c, uint8_t i, enum event_kind kind, uint64_t epoch)
{
	cluster_step(c, i, (struct event){.kind = kind, .as.resources = {0, epoch}});
}

/* The owner is stopping at the request of an operator, slowly. */
static struct cluster *stopping(void)
{
	struct cluster *c = cluster_new(false);
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	c->slow_stop = true;
	cluster_request(c, BETA, REQUEST_MOVE, BETA);
	ck_assert_int_eq(role_of(c, ALPHA)->claim.state, CLAIM_RELEASING);
	return c;
}

/* Word of the release before, which was taken back by a new start: what is up now is not down. */
START_TEST(a_release_of_an_earlier_reign_does_not_free_the_role)
{
	struct cluster *c = stopping();
	uint64_t epoch = role_of(c, ALPHA)->claim.epoch;
	answer(c, ALPHA, EVENT_RELEASED, epoch - 1);
	answer(c, ALPHA, EVENT_RELEASED, epoch + 1);
	ck_assert_int_eq(role_of(c, ALPHA)->claim.state, CLAIM_RELEASING);
	ck_assert(!cluster_noted(c, ALPHA, NOTE_RELEASED));
	cluster_run(c, span_ms(5000));
	ck_assert_uint_eq(c->starts[BETA], 0);
	c->up[ALPHA] = false;
	answer(c, ALPHA, EVENT_RELEASED, epoch);
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

/* A release that nobody asked for says nothing about an owner. */
START_TEST(an_owner_that_was_not_asked_to_release_goes_on)
{
	struct cluster *c = cluster_new(false);
	cluster_run(c, span_ms(6000));
	answer(c, ALPHA, EVENT_RELEASED, role_of(c, ALPHA)->claim.epoch);
	ck_assert_int_eq(role_of(c, ALPHA)->claim.state, CLAIM_HOLDING);
	cluster_run(c, span_ms(5000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

START_TEST(a_start_of_an_earlier_reign_is_not_said_to_be_up)
{
	struct cluster *c = cluster_new(false);
	c->slow_start = true;
	cluster_run(c, span_ms(6000));
	uint64_t epoch = role_of(c, ALPHA)->claim.epoch;
	ck_assert_int_eq(role_of(c, ALPHA)->phase, PHASE_STARTING);
	answer(c, ALPHA, EVENT_STARTED, epoch - 1);
	ck_assert_int_eq(role_of(c, ALPHA)->phase, PHASE_STARTING);
	answer(c, ALPHA, EVENT_STARTED, epoch);
	ck_assert_int_eq(role_of(c, ALPHA)->phase, PHASE_UP);
	cluster_free(c);
}
END_TEST

START_TEST(a_failure_of_an_earlier_reign_does_not_end_this_one)
{
	struct cluster *c = cluster_new(false);
	cluster_run(c, span_ms(6000));
	uint64_t epoch = role_of(c, ALPHA)->claim.epoch;
	answer(c, ALPHA, EVENT_FAILED, epoch - 1);
	ck_assert_int_eq(role_of(c, ALPHA)->claim.state, CLAIM_HOLDING);
	ck_assert_uint_eq(role_of(c, ALPHA)->failures, 0);
	answer(c, ALPHA, EVENT_FAILED, epoch);
	ck_assert_uint_eq(role_of(c, ALPHA)->failures, 1);
	cluster_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("election");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, a_release_of_an_earlier_reign_does_not_free_the_role);
	tcase_add_test(tests, an_owner_that_was_not_asked_to_release_goes_on);
	tcase_add_test(tests, a_start_of_an_earlier_reign_is_not_said_to_be_up);
	tcase_add_test(tests, a_failure_of_an_earlier_reign_does_not_end_this_one);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
