/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a command is done: a majority of those that vote has it on disk. Other disks do not count,
 * because a later owner is elected without them.
 */
#include "proto/member.h"

#include <check.h>

#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

/* Two of the three vote; all begin anew with that. */
static struct cluster *settled_without_vote_of(uint8_t mute)
{
	struct cluster *c = cluster_new(false);
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
		c->setups[i].members[mute].votes = false;
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
		cluster_boot(c, i, NULL, NULL);
	cluster_run(c, span_ms(8000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	return c;
}

static void expect_no_answer_until_written(struct cluster *c, uint8_t full)
{
	c->disk_full[full] = true;
	cluster_request(c, ALPHA, REQUEST_STOP, NO_MEMBER);
	cluster_run(c, span_ms(3000));
	ck_assert_uint_eq(c->answers, 0);
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	c->disk_full[full] = false;
	cluster_step(
	    c, full,
	    (struct event){.kind = EVENT_PERSISTED, .as.generation = c->members[full].generation});
	cluster_run(c, span_ms(500));
	ck_assert_uint_eq(c->answers, 1);
	ck_assert_int_eq(c->last_answer.verdict, VERDICT_ACCEPTED);
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	cluster_free(c);
}

START_TEST(the_disk_of_a_member_without_a_vote_acknowledges_nothing)
{
	expect_no_answer_until_written(settled_without_vote_of(THIRD), BETA);
}
END_TEST

START_TEST(the_disk_of_an_owner_without_a_vote_acknowledges_nothing)
{
	expect_no_answer_until_written(settled_without_vote_of(ALPHA), THIRD);
}
END_TEST

/* It counts with other voters, so what it grants and stores is for another cluster. */
START_TEST(the_disk_of_a_member_that_counts_with_other_voters_acknowledges_nothing)
{
	struct cluster *c = cluster_new(false);
	c->setups[THIRD].members[BETA].votes = false;
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
		cluster_boot(c, i, NULL, NULL);
	cluster_run(c, span_ms(8000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	expect_no_answer_until_written(c, BETA);
}
END_TEST

START_TEST(a_reader_that_was_away_learns_what_was_decided)
{
	struct cluster *c = settled_without_vote_of(THIRD);
	c->dead[THIRD] = true;
	cluster_request(c, BETA, REQUEST_STOP, NO_MEMBER);
	ck_assert_uint_eq(cluster_owner(c), NO_MEMBER);
	cluster_boot(c, THIRD, NULL, NULL);
	cluster_run(c, span_ms(1000));
	ck_assert_int_eq(c->members[THIRD].roles[0].stored.wanted, WANTED_STOPPED);
	cluster_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, the_disk_of_a_member_without_a_vote_acknowledges_nothing);
	tcase_add_test(tests, the_disk_of_an_owner_without_a_vote_acknowledges_nothing);
	tcase_add_test(tests,
	               the_disk_of_a_member_that_counts_with_other_voters_acknowledges_nothing);
	tcase_add_test(tests, a_reader_that_was_away_learns_what_was_decided);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
