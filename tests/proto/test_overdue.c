/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A release that nothing proves: who says so, who is offered the role meanwhile, and until when.
 */
#include <check.h>
#include <stdlib.h>

#include "proto/state.h"
#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

/* alpha is cut off and loses the role; nothing proves there that it is down, and beta has taken it.
 * Then all hear each other again. */
static struct cluster *overdue(bool third_is_node)
{
	struct cluster *c = cluster_new(third_is_node);
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	c->unproven[ALPHA] = c->deaf[ALPHA] = c->mute[ALPHA] = true;
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	c->deaf[ALPHA] = c->mute[ALPHA] = false;
	cluster_run(c, span_ms(1000));
	return c;
}

static bool sees_it(const struct cluster *c, uint8_t member)
{
	struct role_view view;
	member_view_role(&c->members[member], 0, c->now, &view);
	for (uint8_t i = 0; i < view.candidate_count; i++)
		if (view.candidates[i].member == ALPHA)
			return view.candidates[i].may_run;
	return false;
}

static struct claim *claim_of(struct cluster *c, uint8_t member)
{
	return &c->members[member].roles[0].claim;
}

static void prove(struct cluster *c)
{
	const struct event down = {.kind = EVENT_RELEASED,
	                           .as.resources = {.epoch = claim_of(c, ALPHA)->epoch}};
	c->unproven[ALPHA] = false;
	cluster_step(c, ALPHA, down);
	cluster_run(c, span_ms(1000));
}

START_TEST(what_is_not_proven_to_be_down_is_told_by_every_member)
{
	struct cluster *c = overdue(false);
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++) {
		ck_assert(sees_it(c, i));
		ck_assert(cluster_noted(c, i, NOTE_MAY_RUN));
		ck_assert(!cluster_noted(c, i, NOTE_PROVEN_DOWN));
	}
	cluster_run(c, span_ms(600000));
	ck_assert(sees_it(c, ALPHA) && sees_it(c, BETA) && sees_it(c, THIRD));
	ck_assert_int_eq(claim_of(c, ALPHA)->state, CLAIM_RELEASING);
	prove(c);
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++) {
		ck_assert(!sees_it(c, i));
		ck_assert(i == ALPHA || cluster_noted(c, i, NOTE_PROVEN_DOWN));
	}
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

START_TEST(a_node_that_may_still_run_it_is_not_offered_the_role)
{
	struct cluster *c = overdue(false);
	cluster_request(c, THIRD, REQUEST_MOVE, ALPHA);
	ck_assert_uint_eq(c->answers, 1);
	ck_assert_int_ne(c->last_answer.verdict, VERDICT_ACCEPTED);
	/* Nor does it seek when nobody else is left. */
	c->dead[BETA] = true;
	c->up[BETA] = false;
	cluster_run(c, span_ms(60000));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	ck_assert_int_eq(claim_of(c, ALPHA)->state, CLAIM_RELEASING);
	prove(c);
	cluster_run(c, span_ms(5000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

START_TEST(another_node_takes_the_role_although_it_may_still_run_where_it_was)
{
	struct cluster *c = overdue(true);
	const uint64_t epoch = claim_of(c, BETA)->epoch;
	cluster_request(c, BETA, REQUEST_MOVE, THIRD);
	cluster_run(c, span_ms(1000));
	ck_assert_uint_eq(cluster_owner(c), THIRD);
	ck_assert_uint_gt(claim_of(c, THIRD)->epoch, epoch);
	ck_assert(sees_it(c, THIRD));
	cluster_free(c);
}
END_TEST

/* Nobody was granted a later epoch: alpha is waited for, as long as it is heard. */
START_TEST(nobody_takes_the_role_beside_a_node_that_is_heard_and_was_not_overtaken)
{
	struct cluster *c = cluster_new(true);
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	c->unproven[ALPHA] = true;
	/* Until every promise to alpha is over; then beta hears it before it hears another vote. */
	c->mute[ALPHA] = c->mute[BETA] = c->mute[THIRD] = true;
	cluster_run(c, span_ms(6000));
	c->mute[ALPHA] = c->mute[BETA] = false;
	cluster_run(c, span_ms(1000));
	c->mute[THIRD] = false;
	cluster_run(c, span_ms(60000));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	ck_assert(sees_it(c, ALPHA) && sees_it(c, BETA) && sees_it(c, THIRD));
	prove(c);
	cluster_run(c, span_ms(5000));
	ck_assert_uint_ne(cluster_owner(c), NO_MEMBER);
	cluster_free(c);
}
END_TEST

START_TEST(a_worker_that_begins_again_says_it_still)
{
	struct cluster *c = overdue(false);
	struct durable durable;
	struct kept kept = {0};
	(void)member_durable(&c->members[ALPHA], &durable);
	member_keep(&c->members[ALPHA], &kept);
	c->dead[ALPHA] = true;
	cluster_run(c, span_ms(1000));
	ck_assert(sees_it(c, BETA));
	c->note_count = 0;
	cluster_boot(c, ALPHA, &durable, &kept);
	ck_assert(sees_it(c, ALPHA));
	cluster_run(c, span_ms(5000));
	ck_assert(sees_it(c, ALPHA) && sees_it(c, BETA) && sees_it(c, THIRD));
	ck_assert(cluster_noted(c, ALPHA, NOTE_MAY_RUN));
	ck_assert(!cluster_noted(c, BETA, NOTE_PROVEN_DOWN));
	prove(c);
	ck_assert(!sees_it(c, ALPHA) && !sees_it(c, BETA) && !sees_it(c, THIRD));
	cluster_free(c);
}
END_TEST

/* While its lease still runs. */
START_TEST(a_daemon_that_ends_before_it_is_down_says_so)
{
	struct cluster *c = cluster_new(false);
	cluster_run(c, span_ms(6000));
	c->unproven[ALPHA] = true;
	cluster_step(c, ALPHA, (struct event){.kind = EVENT_LEAVE});
	cluster_run(c, span_ms(1000));
	ck_assert(!sees_it(c, BETA));
	cluster_step(c, ALPHA, (struct event){.kind = EVENT_GIVE_UP});
	c->dead[ALPHA] = true;
	cluster_run(c, span_ms(10000));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	ck_assert(sees_it(c, BETA) && sees_it(c, THIRD));
	ck_assert(cluster_noted(c, BETA, NOTE_MAY_RUN));
	cluster_free(c);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
	    what_is_not_proven_to_be_down_is_told_by_every_member,
	    a_node_that_may_still_run_it_is_not_offered_the_role,
	    another_node_takes_the_role_although_it_may_still_run_where_it_was,
	    nobody_takes_the_role_beside_a_node_that_is_heard_and_was_not_overtaken,
	    a_worker_that_begins_again_says_it_still,
	    a_daemon_that_ends_before_it_is_down_says_so,
	};
	Suite *suite = suite_create("overdue");
	TCase *all = tcase_create("all");
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		tcase_add_test(all, tests[i]);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
