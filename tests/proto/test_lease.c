/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Until when a lease runs: no longer than what each vote in the majority was promised for.
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

/* The setting was raised and the disk is full: after a reboot this member would not know that it
 * promised itself so much, so its own vote ends when it would be given away. */
START_TEST(the_own_vote_lasts_no_longer_than_its_own_promise)
{
	struct cluster *c = settled();
	c->dead[THIRD] = true;
	c->disk_full[ALPHA] = true;
	member_set_timing(&c->members[ALPHA],
	                  (struct timing){span_ms(200), span_ms(10000), span_ms(500)});
	const struct voter *own = &c->members[ALPHA].roles[0].voter;
	for (unsigned i = 0; i < 20; i++) {
		cluster_run(c, span_ms(100));
		struct instant end = member_lease_end(&c->members[ALPHA], 0);
		ck_assert(!instant_before(instant_minus(own->until, span_ms(500)), end));
	}
	cluster_run(c, span_ms(2000));
	ck_assert(cluster_noted(c, ALPHA, NOTE_LEASE_OVER));
	cluster_free(c);
}
END_TEST

START_TEST(a_raised_setting_lengthens_the_lease_once_it_is_stored_and_heard)
{
	struct cluster *c = settled();
	member_set_timing(&c->members[ALPHA],
	                  (struct timing){span_ms(200), span_ms(10000), span_ms(500)});
	cluster_run(c, span_ms(1000));
	struct span left = instant_since(member_lease_end(&c->members[ALPHA], 0), c->now);
	ck_assert_int_gt(left.ns, span_ms(9000).ns);
	cluster_free(c);
}
END_TEST

/* It is promised for what was declared, not for what the file says now. */
START_TEST(a_lowered_setting_does_not_lengthen_anything)
{
	struct cluster *c = settled();
	struct instant before = member_lease_end(&c->members[ALPHA], 0);
	member_set_timing(&c->members[ALPHA],
	                  (struct timing){span_ms(20), span_ms(200), span_ms(50)});
	c->deaf[ALPHA] = c->mute[ALPHA] = true;
	cluster_run(c, span_ms(300));
	ck_assert_int_le(member_lease_end(&c->members[ALPHA], 0).ns, before.ns);
	cluster_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lease");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, the_own_vote_lasts_no_longer_than_its_own_promise);
	tcase_add_test(tests, a_raised_setting_lengthens_the_lease_once_it_is_stored_and_heard);
	tcase_add_test(tests, a_lowered_setting_does_not_lengthen_anything);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
