/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a daemon that was restarted on the same boot goes on from.
 */
#include "proto/member.h"

#include <check.h>

#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

static struct cluster *settled(void)
{
	struct cluster *c = cluster_new(false);
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	return c;
}

static void restart(struct cluster *c, uint8_t i)
{
	struct durable disk;
	struct kept kept;
	member_durable(&c->members[i], &disk);
	member_keep(&c->members[i], &kept);
	cluster_boot(c, i, &disk, &kept);
}

/* A datagram that waited in the socket of the life before. */
START_TEST(a_page_from_before_the_restart_is_no_news)
{
	struct cluster *c = settled();
	restart(c, THIRD);
	struct stamp newest = member_heard(&c->members[THIRD])[ALPHA].newest;
	ck_assert_uint_gt(newest.seq, 0);
	for (uint64_t behind = 0; behind < 8; behind++) {
		struct stamp old = {newest.incarnation, newest.seq - behind};
		ck_assert(!replay_window_is_news(&member_heard(&c->members[THIRD])[ALPHA], old));
	}
	cluster_free(c);
}
END_TEST

START_TEST(a_vote_that_was_promised_stays_promised)
{
	struct cluster *c = settled();
	struct voter before = c->members[THIRD].roles[0].voter;
	restart(c, THIRD);
	const struct voter *after = &c->members[THIRD].roles[0].voter;
	ck_assert_uint_eq(after->holder, before.holder);
	ck_assert_uint_eq(after->granted, before.granted);
	ck_assert_int_ge(after->until.ns, before.until.ns);
	ck_assert_uint_ge(after->top, before.top);
	cluster_free(c);
}
END_TEST

START_TEST(an_abstention_goes_on)
{
	struct cluster *c = settled();
	struct durable disk;
	member_durable(&c->members[THIRD], &disk);
	cluster_boot(c, THIRD, &disk, NULL);
	cluster_run(c, span_ms(500));
	struct instant until = c->members[THIRD].abstain_until;
	ck_assert(c->members[THIRD].abstaining);
	restart(c, THIRD);
	ck_assert(c->members[THIRD].abstaining);
	ck_assert_int_eq(c->members[THIRD].abstain_until.ns, until.ns);
	cluster_free(c);
}
END_TEST

START_TEST(a_claim_that_only_sought_is_gone)
{
	struct cluster *c = settled();
	struct durable disk;
	struct kept kept;
	member_durable(&c->members[ALPHA], &disk);
	member_keep(&c->members[ALPHA], &kept);
	kept.roles[0].claim = CLAIM_SEEKING;
	kept.roles[0].phase = PHASE_DOWN;
	c->deaf[ALPHA] = c->mute[ALPHA] = true;
	cluster_boot(c, ALPHA, &disk, &kept);
	ck_assert_int_eq(c->members[ALPHA].roles[0].claim.state, CLAIM_NONE);
	ck_assert_uint_eq(c->members[ALPHA].roles[0].voter.holder, 0);
	cluster_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("snapshot");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, a_page_from_before_the_restart_is_no_news);
	tcase_add_test(tests, a_vote_that_was_promised_stays_promised);
	tcase_add_test(tests, an_abstention_goes_on);
	tcase_add_test(tests, a_claim_that_only_sought_is_gone);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
