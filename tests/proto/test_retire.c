/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An owner whose configuration was changed so that it may not own its role any more.
 */
#include "proto/member.h"

#include <check.h>
#include <stdlib.h>

#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

static struct cluster *settled(void)
{
	struct cluster *c = cluster_new(true);
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	return c;
}

/* As daemon/worker/retire.c does it, or as a daemon that does not know what the role was. */
static void begin_again(struct cluster *c, bool is_retired)
{
	struct setup *setup = &c->setups[ALPHA];
	struct durable durable;
	struct kept kept;
	member_durable(&c->members[ALPHA], &durable);
	member_keep(&c->members[ALPHA], &kept);
	if (is_retired) {
		setup->roles[0].retired = true;
	} else {
		setup->roles[0].nodes[0] = BETA;
		setup->roles[0].nodes[1] = THIRD;
		setup->roles[0].node_count = 2;
		c->up[ALPHA] = false; /* cleaned up */
	}
	cluster_boot(c, ALPHA, &durable, &kept);
}

/* Fault 56: an owner may not own its role any more. */
START_TEST(a_retired_role_is_handed_over_at_once)
{
	struct cluster *c = settled();
	begin_again(c, true);
	cluster_run(c, span_ms(600));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	ck_assert_int_eq(c->members[ALPHA].roles[0].claim.state, CLAIM_NONE);
	cluster_run(c, span_ms(60000));
	ck_assert_uint_eq(c->starts[ALPHA], 1);
	cluster_free(c);
}
END_TEST

/* Fault 56: an owner may not own its role any more. */
START_TEST(a_retired_role_that_nobody_else_can_take_ends_within_a_lease)
{
	struct cluster *c = settled();
	struct event pause = {.kind = EVENT_REQUEST,
	                      .as.request = {REQUEST_PAUSE, 0, BETA, 1, span_ms(9000)}};
	cluster_step(c, BETA, pause);
	pause.as.request.target = THIRD;
	cluster_step(c, THIRD, pause);
	cluster_run(c, span_ms(1000));
	begin_again(c, true);
	cluster_run(c, span_ms(1900));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_run(c, span_ms(300));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	ck_assert_int_eq(c->members[ALPHA].roles[0].claim.state, CLAIM_NONE);
	cluster_free(c);
}
END_TEST

/* Fault 56: an owner may not own its role any more. */
START_TEST(a_claim_to_a_role_that_is_not_known_any_more_is_forgotten)
{
	struct cluster *c = settled();
	begin_again(c, false);
	ck_assert_int_eq(c->members[ALPHA].roles[0].claim.state, CLAIM_NONE);
	cluster_run(c, span_ms(4000));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_step(c, ALPHA, (struct event){.kind = EVENT_LEAVE});
	ck_assert(c->members[ALPHA].left);
	cluster_free(c);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
	    a_retired_role_is_handed_over_at_once,
	    a_retired_role_that_nobody_else_can_take_ends_within_a_lease,
	    a_claim_to_a_role_that_is_not_known_any_more_is_forgotten,
	};
	Suite *suite = suite_create("retire");
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
