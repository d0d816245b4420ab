/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each rule of a member and of its claims, broken by hand in an owner that is as it should be; and
 * each rule of kept memory.
 */
#include "proto/member_check.h"

#include <check.h>

#include "proto/member.h"
#include "tests/proto/cluster.h"

enum { ALPHA, BETA };

static struct cluster *c;

static void open_cluster(void)
{
	c = cluster_new(false);
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
}

static void close_cluster(void)
{
	cluster_free(c);
}

static struct member *owner(void)
{
	return &c->members[ALPHA];
}

static struct claim *claim(void)
{
	return &owner()->roles[0].claim;
}

static void expect(const char *rule)
{
	const char *broken = member_check(owner());
	ck_assert_msg(broken != NULL, "not noticed: %s", rule);
	ck_assert_str_eq(broken, rule);
}

START_TEST(members_at_work_break_no_rule)
{
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
		ck_assert_ptr_null(member_check(&c->members[i]));
}
END_TEST

START_TEST(a_step_names_the_rule_it_broke)
{
	static struct effects out;
	struct event event = {.kind = EVENT_DEADLINE, .now = owner()->now};
	member_step(owner(), &event, &out);
	ck_assert_ptr_null(out.broken);
	owner()->roles[0].stored.counter = owner()->roles[0].record.counter + 1;
	member_step(owner(), &event, &out);
	ck_assert_str_eq(out.broken, "the disk knows nothing newer");
}
END_TEST

START_TEST(resources_without_a_claim_are_named)
{
	claim()->state = CLAIM_NONE;
	expect("nothing is up without a claim");
}
END_TEST

START_TEST(a_release_that_stops_nothing_is_named)
{
	claim()->state = CLAIM_RELEASING;
	expect("a release stops the resources");
}
END_TEST

START_TEST(a_claim_without_an_epoch_of_its_own_is_named)
{
	claim()->epoch = 0;
	expect("a claim has an epoch");
	claim()->epoch = owner()->roles[0].voter.seen + 1;
	expect("the own voter has seen the epoch");
}
END_TEST

START_TEST(an_owner_without_a_lease_is_named)
{
	struct instant end = claim()->lease_end;
	claim()->lease_end = owner()->now;
	expect("an owner has a lease");
	claim()->lease_end = end;
	claim()->confirmed_at.ns = owner()->now.ns + 1;
	expect("a lease was confirmed before now");
}
END_TEST

START_TEST(a_seeker_that_does_not_give_up_is_named)
{
	claim()->state = CLAIM_SEEKING;
	owner()->roles[0].phase = PHASE_DOWN;
	claim()->candidacy_deadline = owner()->now;
	expect("a seeker withdraws in time");
}
END_TEST

START_TEST(a_command_without_an_owner_is_named)
{
	owner()->roles[0].operation.active = true;
	ck_assert_ptr_null(member_check(owner()));
	claim()->state = CLAIM_RELEASING;
	owner()->roles[0].phase = PHASE_STOPPING;
	expect("only an owner carries out commands");
}
END_TEST

START_TEST(a_disk_that_knows_the_future_is_named)
{
	owner()->roles[0].stored.counter = owner()->roles[0].record.counter + 1;
	expect("the disk knows nothing newer");
	owner()->roles[0].stored = owner()->roles[0].record;
	owner()->persisted = owner()->generation + 1;
	expect("nothing is stored that was not asked for");
	owner()->persisted = owner()->generation;
	owner()->reserved_on_disk = owner()->reserved_epoch + 1;
	expect("nothing is stored that was not asked for");
}
END_TEST

START_TEST(tables_beyond_their_limits_are_named)
{
	owner()->request_count = REQUESTS_MAX + 1;
	expect("its tables are within their limits");
	owner()->request_count = 0;
	owner()->voters.count = 0;
	expect("somebody has a vote");
}
END_TEST

START_TEST(an_abstention_that_is_forgotten_is_named)
{
	owner()->abstain_until = instant_plus(owner()->now, span_ms(1));
	expect("it abstains until its promises are over");
}
END_TEST

START_TEST(a_member_that_wakes_too_early_or_too_late_is_named)
{
	struct instant wake = owner()->wake;
	owner()->wake = owner()->now;
	expect("it sleeps until something is due");
	owner()->wake = instant_plus(owner()->next_heartbeat, span_ms(1));
	expect("it wakes for the next heartbeat");
	owner()->wake = wake;
	owner()->next_heartbeat = owner()->now;
	expect("it wakes for the next heartbeat");
}
END_TEST

START_TEST(a_member_that_leaves_with_a_claim_is_named)
{
	owner()->left = owner()->leaving = true;
	expect("it leaves without a claim");
}
END_TEST

START_TEST(memory_that_cannot_be_right_is_named)
{
	struct kept kept;
	struct instant now = owner()->now;
	member_keep(owner(), &kept);
	ck_assert_ptr_null(kept_check(&kept, now));
	kept.roles[0].claim = (enum claim_state)CLAIM_STATES;
	ck_assert_str_eq(kept_check(&kept, now), "its states exist");
	kept.roles[0].claim = CLAIM_NONE;
	ck_assert_str_eq(kept_check(&kept, now), "what is up has an epoch");
	member_keep(owner(), &kept);
	kept.roles[0].top = kept.roles[0].granted - 1;
	ck_assert_str_eq(kept_check(&kept, now), "a granted epoch is covered by top");
	member_keep(owner(), &kept);
	kept.roles[0].renewed_at.ns = now.ns + 1;
	ck_assert_str_eq(kept_check(&kept, now), "a promise was renewed before now");
	member_keep(owner(), &kept);
	kept.roles[0].role = 0;
	ck_assert_str_eq(kept_check(&kept, now), "every role has a name");
	member_keep(owner(), &kept);
	kept.role_count = ROLES_MAX + 1;
	ck_assert_str_eq(kept_check(&kept, now), "its tables are within their limits");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("member_check");
	TCase *rules = tcase_create("rules");
	tcase_add_checked_fixture(rules, open_cluster, close_cluster);
	const TTest *const tests[] = {
	    members_at_work_break_no_rule,
	    a_step_names_the_rule_it_broke,
	    resources_without_a_claim_are_named,
	    a_release_that_stops_nothing_is_named,
	    a_claim_without_an_epoch_of_its_own_is_named,
	    an_owner_without_a_lease_is_named,
	    a_seeker_that_does_not_give_up_is_named,
	    a_command_without_an_owner_is_named,
	    a_disk_that_knows_the_future_is_named,
	    tables_beyond_their_limits_are_named,
	    an_abstention_that_is_forgotten_is_named,
	    a_member_that_wakes_too_early_or_too_late_is_named,
	    a_member_that_leaves_with_a_claim_is_named,
	    memory_that_cannot_be_right_is_named,
	};
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		tcase_add_test(rules, tests[i]);
	suite_add_tcase(suite, rules);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
