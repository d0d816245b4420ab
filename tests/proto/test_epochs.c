/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member whose host restarted: whether it knows which epochs it used before.
 */
#include <check.h>
#include <stdlib.h>

#include "proto/epochs.h"
#include "proto/step.h"
#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

static struct cluster *settled(void)
{
	struct cluster *c = cluster_new(false);
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	return c;
}

static void reboot(struct cluster *c, uint8_t member)
{
	struct durable disk;
	member_durable(&c->members[member], &disk);
	cluster_boot(c, member, &disk, NULL);
}

static uint64_t top(const struct cluster *c, uint8_t member)
{
	return c->members[member].roles[0].voter.top;
}

START_TEST(a_voter_that_restarts_learns_which_epochs_were_used)
{
	struct cluster *c = settled();
	const uint64_t used = top(c, ALPHA);
	for (unsigned i = 0; i < 3; i++) {
		reboot(c, THIRD);
		ck_assert_uint_ne(c->members[THIRD].epoch_jump, 0);
		ck_assert_uint_lt(top(c, THIRD), used);
		cluster_run(c, span_ms(900));
		ck_assert_uint_eq(c->members[THIRD].epoch_jump, 0);
		ck_assert_uint_eq(top(c, THIRD), used);
		ck_assert_uint_eq(c->members[THIRD].reserved_epoch, used + EPOCH_BLOCK);
	}
	cluster_free(c);
}
END_TEST

START_TEST(two_that_restart_do_not_vouch_for_each_other)
{
	struct cluster *c = settled();
	reboot(c, BETA);
	reboot(c, THIRD);
	cluster_run(c, span_ms(600));
	ck_assert_uint_ne(c->members[BETA].epoch_jump, 0);
	ck_assert_uint_ne(c->members[THIRD].epoch_jump, 0);
	cluster_run(c, span_ms(400));
	ck_assert_uint_ge(top(c, BETA), EPOCH_BLOCK);
	ck_assert_uint_ge(top(c, THIRD), EPOCH_BLOCK);
	cluster_free(c);
}
END_TEST

START_TEST(who_is_asked_for_a_vote_at_an_epoch_it_may_have_used_says_so_at_once)
{
	struct cluster *c = settled();
	struct role_report report = {
	    .role = c->members[THIRD].roles[0].id, .is_candidate = true, .claim = CLAIM_SEEKING};
	reboot(c, THIRD);
	struct step step = {&c->members[THIRD], c->now, &c->out};
	report.claim_epoch = c->members[THIRD].epoch_jump + 1;
	epochs_hear_role(&step, &report, true);
	ck_assert_uint_lt(top(c, THIRD), EPOCH_BLOCK);
	report.claim_epoch--;
	epochs_hear_role(&step, &report, false);
	ck_assert_uint_lt(top(c, THIRD), EPOCH_BLOCK);
	epochs_hear_role(&step, &report, true);
	ck_assert_uint_ge(top(c, THIRD), EPOCH_BLOCK);
	cluster_free(c);
}
END_TEST

START_TEST(others_reserve_ahead_what_a_restarted_member_would_jump_to)
{
	struct cluster *c = settled();
	c->dead[ALPHA] = true;
	c->up[ALPHA] = false;
	reboot(c, THIRD);
	cluster_run(c, span_ms(600));
	ck_assert_uint_gt(c->members[BETA].reserved_on_disk, c->members[THIRD].epoch_jump);
	cluster_free(c);
}
END_TEST

START_TEST(only_what_is_said_after_the_abstention_counts_for_some_of_the_others)
{
	struct cluster *c = settled();
	reboot(c, THIRD);
	cluster_run(c, span_ms(1500));
	ck_assert(c->members[THIRD].peers[ALPHA].vouches);
	ck_assert(!c->members[THIRD].peers[ALPHA].vouches_late);
	cluster_run(c, span_ms(3000));
	ck_assert(c->members[THIRD].peers[ALPHA].vouches_late);
	cluster_free(c);
}
END_TEST

/* Of five voters any three others include one of a majority that this one was part of. */
START_TEST(so_many_others_have_to_vouch_that_one_of_every_majority_is_among_them)
{
	struct setup setup = {.self = 0, .member_count = 5};
	struct member *m = calloc(1, sizeof *m);
	ck_assert_ptr_nonnull(m);
	m->setup = &setup;
	m->self_id = 1;
	for (uint8_t i = 0; i < 5; i++) {
		setup.members[i] = (struct setup_member){.id = i + 1u, .is_node = true};
		m->voters.ids[m->voters.count++] = i + 1u;
	}
	ck_assert(!epochs_suffice(m, 3, 2));
	ck_assert(epochs_suffice(m, 3, 3));
	ck_assert(epochs_suffice(m, 4, 0));
	/* A node without a vote may be the claimant, and be none of those that vouch. */
	m->voters.count--;
	setup.members[4].id = 99;
	ck_assert(!epochs_suffice(m, 3, 1));
	ck_assert(epochs_suffice(m, 3, 2));
	free(m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("epochs");
	TCase *cases = tcase_create("all");
	tcase_add_test(cases, a_voter_that_restarts_learns_which_epochs_were_used);
	tcase_add_test(cases, two_that_restart_do_not_vouch_for_each_other);
	tcase_add_test(cases, who_is_asked_for_a_vote_at_an_epoch_it_may_have_used_says_so_at_once);
	tcase_add_test(cases, others_reserve_ahead_what_a_restarted_member_would_jump_to);
	tcase_add_test(cases, only_what_is_said_after_the_abstention_counts_for_some_of_the_others);
	tcase_add_test(cases,
	               so_many_others_have_to_vouch_that_one_of_every_majority_is_among_them);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
