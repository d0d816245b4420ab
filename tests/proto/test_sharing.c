/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members whose files differ: a resource is in another role, or its role has another name.
 */
#include "proto/member.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

static const struct identities ADDRESS = {.count = 1, .ids = {77}};

/* The file of a member calls the role, which is the address, so. */
static void name_it(struct cluster *c, uint8_t i, const char *name)
{
	struct setup_role *role = &c->setups[i].roles[0];
	snprintf(role->name, sizeof role->name, "%s", name);
	role->id = name_id(name);
	role->identities = ADDRESS;
}

static struct cluster *settled(void)
{
	struct cluster *c = cluster_new(false);
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
		name_it(c, i, "ledger");
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	return c;
}

static void read_again(struct cluster *c, uint8_t i)
{
	struct durable durable;
	struct kept kept;
	member_durable(&c->members[i], &durable);
	member_keep(&c->members[i], &kept);
	cluster_boot(c, i, &durable, &kept);
}

/* cluster_owner aborts when there are two. */
static uint8_t run(struct cluster *c, int64_t ms)
{
	for (; ms > 0; ms -= 10) {
		cluster_run(c, span_ms(10));
		(void)cluster_owner(c);
	}
	return cluster_owner(c);
}

/* Fault 55: files differ. */
START_TEST(a_role_with_a_new_name_is_not_taken_while_the_old_one_is_up)
{
	struct cluster *c = settled();
	name_it(c, BETA, "journal");
	read_again(c, BETA);
	ck_assert_uint_eq(run(c, 20000), ALPHA);
	cluster_free(c);
}
END_TEST

/* Fault 55: files differ. */
START_TEST(a_role_with_a_new_name_waits_for_the_promise_of_an_owner_that_is_not_heard)
{
	struct cluster *c = settled();
	name_it(c, BETA, "journal");
	name_it(c, THIRD, "journal");
	read_again(c, BETA);
	read_again(c, THIRD);
	run(c, 3000);
	c->deaf[ALPHA] = c->mute[ALPHA] = true;
	c->slow_stop = true; /* it stays up until the end of its promise */
	struct span promise = timing_promise(c->setups[0].timing);
	ck_assert_uint_eq(run(c, 2000), ALPHA);
	run(c, promise.ns / 1000000 - 2000 - 210);
	ck_assert(!c->up[BETA]);
	c->up[ALPHA] = false;
	c->slow_stop = false;
	ck_assert_uint_eq(run(c, 600), BETA);
	cluster_free(c);
}
END_TEST

/* Fault 55: files differ. */
START_TEST(a_voter_that_begins_again_remembers_what_its_vote_is_for)
{
	struct cluster *c = settled();
	c->deaf[ALPHA] = c->mute[ALPHA] = true;
	name_it(c, BETA, "journal");
	read_again(c, THIRD);
	read_again(c, BETA);
	run(c, 1500);
	ck_assert(!c->up[BETA]);
	c->slow_stop = true;
	run(c, 400);
	ck_assert(!c->up[BETA]);
	cluster_free(c);
}
END_TEST

/* Fault 55: files differ. */
START_TEST(a_rename_ends_in_the_new_name_whoever_reads_it_first)
{
	static const uint8_t orders[][3] = {
	    {ALPHA, BETA, THIRD}, {BETA, ALPHA, THIRD}, {THIRD, BETA, ALPHA}};
	for (size_t o = 0; o < sizeof orders / sizeof orders[0]; o++) {
		struct cluster *c = settled();
		for (uint8_t i = 0; i < 3; i++) {
			uint8_t who = orders[o][i];
			bool owned = c->up[who];
			struct setup *setup = &c->setups[who];
			if (owned) { /* as daemon/worker/retire.c does */
				setup->roles[1] = setup->roles[0];
				setup->roles[1].retired = setup->roles[1].forgotten = true;
				setup->role_count = 2;
			}
			name_it(c, who, "journal");
			read_again(c, who);
			run(c, 4000);
			ck_assert_uint_ne(cluster_owner(c), NO_MEMBER);
		}
		uint8_t owner = cluster_owner(c);
		ck_assert_uint_eq(c->members[owner].roles[0].claim.state, CLAIM_HOLDING);
		ck_assert_uint_eq(c->members[owner].roles[0].id, name_id("journal"));
		cluster_free(c);
	}
}
END_TEST

/* Fault 55: a second role of beta, whose file adds the address that alpha has up in another. */
START_TEST(what_a_file_adds_waits_until_the_other_file_has_dropped_it)
{
	struct cluster *c = settled();
	c->up[ALPHA] = false; /* the cluster counts members, not roles */
	struct setup_role *role = &c->setups[BETA].roles[0];
	name_it(c, BETA, "journal");
	role->identities = (struct identities){.count = 1, .ids = {5}};
	read_again(c, BETA);
	cluster_run(c, span_ms(5000));
	ck_assert_uint_eq(c->members[BETA].roles[0].claim.state, CLAIM_HOLDING);
	uint64_t epoch = c->members[BETA].roles[0].claim.epoch;
	role->identities = (struct identities){.count = 2, .ids = {5, 77}};
	read_again(c, BETA);
	cluster_run(c, span_ms(9000));
	ck_assert(!member_may_act(&c->members[BETA], 0, c->now));
	ck_assert_uint_eq(c->members[BETA].roles[0].claim.state, CLAIM_HOLDING);
	ck_assert_uint_eq(c->members[BETA].roles[0].claim.epoch, epoch);
	c->setups[ALPHA].roles[0].identities = (struct identities){.count = 1, .ids = {6}};
	read_again(c, ALPHA);
	struct event told = {.kind = EVENT_STARTED,
	                     .as.resources = {0, c->members[ALPHA].roles[0].claim.epoch}};
	cluster_run(c, span_ms(400));
	cluster_step(c, ALPHA, told);
	cluster_run(c, span_ms(4000));
	ck_assert(member_may_act(&c->members[BETA], 0, c->now));
	ck_assert(member_may_act(&c->members[ALPHA], 0, c->now));
	ck_assert_uint_eq(c->members[BETA].roles[0].claim.epoch, epoch);
	cluster_free(c);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
	    a_role_with_a_new_name_is_not_taken_while_the_old_one_is_up,
	    a_role_with_a_new_name_waits_for_the_promise_of_an_owner_that_is_not_heard,
	    a_voter_that_begins_again_remembers_what_its_vote_is_for,
	    a_rename_ends_in_the_new_name_whoever_reads_it_first,
	    what_a_file_adds_waits_until_the_other_file_has_dropped_it,
	};
	Suite *suite = suite_create("sharing");
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
