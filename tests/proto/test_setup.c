/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/setup.c: identities that stay what they are, and promises that are never too short.
 */
#include "proto/setup.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct span promise_of(struct span lease, struct span release)
{
	return timing_promise((struct timing){span_ms(1), lease, release});
}

/* Any other value would make strangers of members that are upgraded one by one. */
START_TEST(an_identity_is_the_same_on_every_machine_and_in_every_version)
{
	ck_assert_uint_eq(name_id("ledger"), UINT64_C(0xf80f3e6e73f4398e));
	ck_assert_uint_eq(name_id(""), UINT64_C(0xcae66941d9efbd40));
}
END_TEST

START_TEST(different_names_have_different_identities_and_none_is_zero)
{
	uint64_t ids[300];
	char name[] = "member-aaa";

	for (size_t i = 0; i < 300; i++) {
		name[8] = (char)('a' + i / 26);
		name[9] = (char)('a' + i % 26);
		ids[i] = name_id(name);
		ck_assert_uint_ne(ids[i], 0);
		for (size_t k = 0; k < i; k++)
			ck_assert_uint_ne(ids[i], ids[k]);
	}
}
END_TEST

START_TEST(a_promise_outlasts_lease_and_release_at_the_bound_of_both_clocks)
{
	ck_assert_int_eq(promise_of(span_ms(2000), span_ms(500)).ns, 2550505051);
	ck_assert_int_eq(promise_of(span_ms(990), span_ms(0)).ns, 1010000000);
}
END_TEST

START_TEST(a_promise_is_rounded_up)
{
	ck_assert_int_eq(promise_of((struct span){1}, (struct span){0}).ns, 2);
	ck_assert_int_eq(promise_of((struct span){989}, (struct span){2}).ns, 1012);
}
END_TEST

START_TEST(the_longest_promise_does_not_overflow)
{
	ck_assert_int_eq(promise_of(span_ms(3600000), span_ms(3600000)).ns, 7345454545455);
}
END_TEST

static struct setup three_members(void)
{
	struct setup setup = {.member_count = 3, .role_count = 2};
	const uint64_t ids[] = {70, 7, 40};

	for (uint8_t i = 0; i < 3; i++) {
		setup.members[i].id = ids[i];
		setup.members[i].votes = true;
	}
	setup.roles[0].id = 5;
	setup.roles[1].id = 6;
	return setup;
}

START_TEST(members_and_roles_are_found_by_their_identity)
{
	struct setup setup = three_members();

	ck_assert_uint_eq(setup_member_of(&setup, 7), 1);
	ck_assert_uint_eq(setup_member_of(&setup, 8), NO_MEMBER);
	ck_assert_uint_eq(setup_role_of(&setup, 6), 1);
	ck_assert_uint_eq(setup_role_of(&setup, 7), setup.role_count);
}
END_TEST

START_TEST(the_voters_are_the_members_with_a_vote_in_ascending_order)
{
	struct setup setup = three_members();
	struct voters voters = setup_voters(&setup);

	ck_assert_uint_eq(voters.count, 3);
	ck_assert(voters.ids[0] == 7 && voters.ids[1] == 40 && voters.ids[2] == 70);
	setup.members[2].votes = false;
	voters = setup_voters(&setup);
	ck_assert_uint_eq(voters.count, 2);
	ck_assert(voters_contain(&voters, 70));
	ck_assert(!voters_contain(&voters, 40));
}
END_TEST

START_TEST(the_digest_of_voters_depends_on_the_set_and_not_on_the_order_in_the_file)
{
	struct setup setup = three_members();
	struct voters voters = setup_voters(&setup);
	uint64_t digest = voters_digest(&voters);

	ck_assert_uint_eq(digest, UINT64_C(0x4fed4866f8a3fcac));
	struct setup_member first = setup.members[0];
	setup.members[0] = setup.members[2];
	setup.members[2] = first;
	voters = setup_voters(&setup);
	ck_assert_uint_eq(voters_digest(&voters), digest);
	setup.members[2].votes = false;
	voters = setup_voters(&setup);
	ck_assert_uint_ne(voters_digest(&voters), digest);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("setup");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, an_identity_is_the_same_on_every_machine_and_in_every_version);
	tcase_add_test(tests, different_names_have_different_identities_and_none_is_zero);
	tcase_add_test(tests, a_promise_outlasts_lease_and_release_at_the_bound_of_both_clocks);
	tcase_add_test(tests, a_promise_is_rounded_up);
	tcase_add_test(tests, the_longest_promise_does_not_overflow);
	tcase_add_test(tests, members_and_roles_are_found_by_their_identity);
	tcase_add_test(tests, the_voters_are_the_members_with_a_vote_in_ascending_order);
	tcase_add_test(tests,
	               the_digest_of_voters_depends_on_the_set_and_not_on_the_order_in_the_file);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
