/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member that was put back to an earlier state: of its disk, or of the whole machine with its
 * memory.
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

/* Since the copy was made it may have promised its vote, and nobody can say what. */
static void expect_abstention(struct cluster *c)
{
	cluster_run(c, span_ms(1500)); /* several whole heartbeats */
	ck_assert(cluster_noted(c, THIRD, NOTE_STATE_LOST));
	ck_assert(!c->members[THIRD].relearning);
	ck_assert(c->members[THIRD].abstaining);
	struct instant until = instant_plus(c->members[THIRD].abstain_until, c->missed[THIRD]);
	c->dead[ALPHA] = true;
	c->up[ALPHA] = false;
	cluster_run(c, span_ms(instant_since(until, c->now).ns / 1000000 - 1));
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	cluster_run(c, span_ms(4000));
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}

START_TEST(an_old_state_file_that_is_put_back_gives_no_vote_for_a_promise)
{
	struct cluster *c = settled();
	struct durable old, disk;
	member_durable(&c->members[THIRD], &old);
	for (unsigned i = 0; i < 3; i++) {
		member_durable(&c->members[THIRD], &disk);
		cluster_boot(c, THIRD, &disk, NULL);
		cluster_run(c, span_ms(1000));
	}
	/* It finds out long after it began: nobody told it. */
	c->deaf[THIRD] = c->mute[THIRD] = true;
	cluster_boot(c, THIRD, &old, NULL);
	cluster_run(c, span_ms(5000));
	ck_assert(!c->members[THIRD].abstaining);
	c->deaf[THIRD] = c->mute[THIRD] = false;
	expect_abstention(c);
}
END_TEST

START_TEST(a_machine_that_is_put_back_with_its_memory_gives_no_vote_for_a_promise)
{
	static struct member copy;
	struct cluster *c = settled();
	copy = c->members[THIRD];
	cluster_run(c, span_ms(20000));
	c->missed[THIRD] = span_ms(20000);
	c->members[THIRD] = copy;
	expect_abstention(c);
}
END_TEST

START_TEST(only_later_word_of_this_member_makes_it_doubt_its_state)
{
	struct cluster *c = settled();
	struct durable disk;
	member_durable(&c->members[THIRD], &disk);
	cluster_boot(c, THIRD, &disk, NULL);
	cluster_run(c, span_ms(6000));
	unsigned lost = 0;
	for (unsigned i = 0; i < c->note_count; i++)
		lost += c->note_member[i] == THIRD && c->notes[i] == NOTE_STATE_LOST;
	ck_assert_uint_eq(lost, 1); /* when it was new */
	ck_assert(!c->members[THIRD].abstaining);
	cluster_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peers");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, an_old_state_file_that_is_put_back_gives_no_vote_for_a_promise);
	tcase_add_test(tests,
	               a_machine_that_is_put_back_with_its_memory_gives_no_vote_for_a_promise);
	tcase_add_test(tests, only_later_word_of_this_member_makes_it_doubt_its_state);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
