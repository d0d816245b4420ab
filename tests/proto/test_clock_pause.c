/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/clock_pause.c: a member whose clock stood still learns it from the clocks of the others.
 */
#include "proto/member.h"

#include <check.h>

#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

static struct cluster *settled(void)
{
	struct cluster *c = cluster_new(false);
	/* Long enough for two whiles of two leases. */
	cluster_run(c, span_ms(12000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	return c;
}

/* Its machine is paused; pages to it wait, or are lost. */
static void pause_alpha(struct cluster *c, int64_t ms)
{
	c->deaf[ALPHA] = c->mute[ALPHA] = true;
	c->paused[ALPHA] = true;
	cluster_run(c, span_ms(ms));
	c->missed[ALPHA] = span_plus(c->missed[ALPHA], span_ms(ms));
	c->paused[ALPHA] = false;
	c->deaf[ALPHA] = c->mute[ALPHA] = false;
}

START_TEST(a_pause_that_is_shorter_than_half_a_lease_is_not_told)
{
	struct cluster *c = settled();
	pause_alpha(c, 900);
	cluster_run(c, span_ms(10000));
	ck_assert(!cluster_noted(c, ALPHA, NOTE_CLOCK_STOOD));
	ck_assert_uint_eq(c->starts[ALPHA], 1);
	cluster_free(c);
}
END_TEST

START_TEST(a_longer_one_is_told_and_shortens_the_lease)
{
	struct cluster *c = settled();
	struct instant before = member_lease_end(&c->members[ALPHA], 0);
	uint64_t seq = c->members[ALPHA].seq;
	struct instant sent = sent_find(&c->members[ALPHA].sent, seq)->at;
	pause_alpha(c, 1500);
	ck_assert_int_eq(member_lease_end(&c->members[ALPHA], 0).ns, before.ns);
	cluster_run(c, span_ms(500));
	ck_assert(cluster_noted(c, ALPHA, NOTE_CLOCK_STOOD));
	/* A vote that answers what it sent before supports it so much shorter. */
	struct instant counted = sent_find(&c->members[ALPHA].sent, seq)->at;
	ck_assert_int_eq(instant_since(sent, counted).ns / 1000000, 1500);
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	ck_assert_uint_eq(c->starts[ALPHA], 1);
	ck_assert(!cluster_noted(c, BETA, NOTE_CLOCK_STOOD));
	/* Once, and the lease goes on as it should. */
	unsigned notes = c->note_count;
	cluster_run(c, span_ms(10000));
	ck_assert_uint_eq(c->note_count, notes);
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	cluster_free(c);
}
END_TEST

/* beta may not run the role, so nobody else tells alpha that it is over. */
START_TEST(a_lease_that_the_pause_outlasted_is_over_although_the_clock_does_not_say_so)
{
	struct cluster *c = settled();
	cluster_step(
	    c, BETA,
	    (struct event){.kind = EVENT_FITNESS, .as.fitness = {.role = 0, .fit = false}});
	pause_alpha(c, 30000);
	ck_assert(instant_before(c->members[ALPHA].now, member_lease_end(&c->members[ALPHA], 0)));
	cluster_run(c, span_ms(250));
	ck_assert(cluster_noted(c, ALPHA, NOTE_LEASE_OVER));
	cluster_run(c, span_ms(250));
	ck_assert(cluster_noted(c, ALPHA, NOTE_CLOCK_STOOD));
	cluster_free(c);
}
END_TEST

START_TEST(a_page_that_was_long_on_its_way_says_nothing)
{
	struct cluster *c = settled();
	for (uint8_t p = BETA; p <= THIRD; p++) {
		struct lag *lag = &c->members[ALPHA].peers[p].lag;
		lag->since = c->now;
		lag->least_now.ns += 2000000000;
	}
	cluster_run(c, span_ms(10000));
	ck_assert(!cluster_noted(c, ALPHA, NOTE_CLOCK_STOOD));
	cluster_free(c);
}
END_TEST

START_TEST(one_clock_alone_that_jumps_ahead_is_not_believed)
{
	struct cluster *c = settled();
	c->members[ALPHA].peers[BETA].lag.since = c->now;
	c->members[ALPHA].peers[BETA].lag.least.ns += 5000000000;
	cluster_run(c, span_ms(1000));
	ck_assert_int_ne(c->members[ALPHA].peers[BETA].lag.missed.ns, 0);
	ck_assert(!cluster_noted(c, ALPHA, NOTE_CLOCK_STOOD));
	cluster_free(c);
}
END_TEST

/* What alpha believes of others is from before its pause: of who is silent since then it does not
 * know that he is there. */
START_TEST(what_was_heard_before_the_pause_is_as_old_as_it_is)
{
	struct cluster *c = settled();
	c->slow_stop = true; /* else beta takes over, and says so freshly */
	struct member *alpha = &c->members[ALPHA];
	alpha->role_count = 2; /* one that is only heard of, and not again */
	alpha->roles[1].id = 4711;
	struct peer_role_report *heard = &alpha->peers[BETA].roles[1];
	*heard = (struct peer_role_report){
	    .known = true, .at = c->now, .fresh_until = instant_plus(c->now, span_ms(1900))};
	for (uint8_t p = BETA; p <= THIRD; p++) {
		alpha->peers[p].lag.since = c->now;
		alpha->peers[p].lag.least.ns += span_ms(5000).ns;
	}
	for (unsigned i = 0; i < 400 && alpha->stood.ns == 0; i++)
		cluster_run(c, span_ms(1));
	ck_assert_int_gt(alpha->stood.ns, span_ms(4000).ns);
	ck_assert(instant_before(heard->fresh_until, c->now));
	ck_assert(instant_before(alpha->peers[BETA].roles[0].fresh_until, c->now));
	ck_assert(instant_before(alpha->peers[BETA].fresh_until, c->now));
	cluster_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock_pause");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, a_pause_that_is_shorter_than_half_a_lease_is_not_told);
	tcase_add_test(tests, a_longer_one_is_told_and_shortens_the_lease);
	tcase_add_test(tests,
	               a_lease_that_the_pause_outlasted_is_over_although_the_clock_does_not_say_so);
	tcase_add_test(tests, a_page_that_was_long_on_its_way_says_nothing);
	tcase_add_test(tests, one_clock_alone_that_jumps_ahead_is_not_believed);
	tcase_add_test(tests, what_was_heard_before_the_pause_is_as_old_as_it_is);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
