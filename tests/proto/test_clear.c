/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command that forgets failures: by the node that is meant, and only where every member that
 * is heard can read it.
 */
#include <check.h>
#include <stdlib.h>

#include "proto/step.h"
#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

/* A cluster in which the role has failed on alpha and runs on beta. */
static struct cluster *failed_on_alpha(void)
{
	struct cluster *c = cluster_new(false);

	cluster_run(c, span_ms(20000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_step(c, ALPHA,
	             (struct event){.kind = EVENT_FAILED,
	                            .as.resources = {0, c->members[ALPHA].roles[0].claim.epoch}});
	cluster_run(c, span_ms(500));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	return c;
}

static struct candidate_view seen_by(struct cluster *c, uint8_t member)
{
	struct role_view view;

	member_view_role(&c->members[member], 0, c->now, &view);
	ck_assert_uint_eq(view.candidates[0].member, ALPHA);
	return view.candidates[0];
}

START_TEST(failures_are_seen_everywhere_with_their_time_until_they_are_cleared)
{
	struct cluster *c = failed_on_alpha();

	for (uint8_t member = ALPHA; member <= THIRD; member++) {
		struct candidate_view alpha = seen_by(c, member);

		ck_assert_uint_eq(alpha.failures, 1);
		ck_assert(alpha.failed_known && alpha.failed_ago.ns >= span_ms(400).ns &&
		          alpha.failed_ago.ns <= span_ms(700).ns);
	}
	cluster_request(c, THIRD, REQUEST_CLEAR, ALPHA);
	cluster_run(c, span_ms(300));
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_ACCEPTED);
	ck_assert(cluster_noted(c, ALPHA, NOTE_CLEARED));
	for (uint8_t member = ALPHA; member <= THIRD; member++)
		ck_assert_uint_eq(seen_by(c, member).failures, 0);
	ck_assert(seen_by(c, BETA).unfit == UNFIT_NOT);
	cluster_free(c);
}
END_TEST

START_TEST(what_was_cleared_is_on_disk)
{
	static struct durable durable;
	struct cluster *c = failed_on_alpha();

	cluster_request(c, THIRD, REQUEST_CLEAR, ALPHA);
	cluster_run(c, span_ms(300));
	member_durable(&c->members[ALPHA], &durable);
	for (uint8_t r = 0; r < durable.role_count; r++)
		ck_assert_uint_eq(durable.roles[r].failures, 0);
	cluster_free(c);
}
END_TEST

START_TEST(a_member_that_would_refuse_the_page_is_not_sent_one)
{
	struct cluster *c = failed_on_alpha();

	c->members[THIRD].peers[BETA].minor = 0;
	cluster_request(c, THIRD, REQUEST_CLEAR, ALPHA);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_OLD_PEER);
	cluster_run(c, span_ms(300));
	ck_assert_uint_eq(seen_by(c, ALPHA).failures, 1);
	cluster_free(c);
}
END_TEST

START_TEST(a_node_that_never_failed_has_nothing_to_clear)
{
	struct cluster *c = failed_on_alpha();

	cluster_request(c, THIRD, REQUEST_CLEAR, BETA);
	cluster_run(c, span_ms(300));
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_ALREADY);
	cluster_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clear");
	TCase *tests = tcase_create("clear");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, failures_are_seen_everywhere_with_their_time_until_they_are_cleared);
	tcase_add_test(tests, what_was_cleared_is_on_disk);
	tcase_add_test(tests, a_member_that_would_refuse_the_page_is_not_sent_one);
	tcase_add_test(tests, a_node_that_never_failed_has_nothing_to_clear);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
