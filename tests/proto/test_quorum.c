/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting: majorities, dated votes, sent pages, paths.
 */
#include "proto/quorum.h"

#include <check.h>

#include "proto/path.h"
#include "proto/sent.h"

static struct instant at(int64_t ms)
{
	return (struct instant){ms * 1000000};
}

START_TEST(any_two_majorities_share_a_voter)
{
	for (uint8_t voters = 1; voters <= MEMBERS_MAX; voters++) {
		ck_assert_uint_gt(2u * quorum_of(voters), voters);
		ck_assert_uint_le(2u * (quorum_of(voters) - 1u), voters);
	}
}
END_TEST

START_TEST(the_majority_instant_is_the_quorum_th_latest)
{
	struct tally tally = {0};
	ck_assert_int_eq(tally_majority(&tally, 3).ns, INSTANT_PAST.ns);
	tally_add(&tally, at(5));
	ck_assert_int_eq(tally_majority(&tally, 3).ns, INSTANT_PAST.ns);
	tally_add(&tally, at(9));
	ck_assert_int_eq(tally_majority(&tally, 3).ns, at(5).ns);
	tally_add(&tally, at(7));
	ck_assert_int_eq(tally_majority(&tally, 3).ns, at(7).ns);
	ck_assert_int_eq(tally_majority(&tally, 4).ns, at(5).ns);
}
END_TEST

START_TEST(a_forgotten_page_is_not_found)
{
	static struct sent_log log;
	sent_add(&log, (struct sent){.seq = 3, .at = at(1)});
	ck_assert_ptr_nonnull(sent_find(&log, 3));
	ck_assert_ptr_null(sent_find(&log, 4));
	ck_assert_ptr_null(sent_find(&log, 0));
	sent_add(&log, (struct sent){.seq = 3 + SENT_MAX, .at = at(2)});
	ck_assert_ptr_null(sent_find(&log, 3));
}
END_TEST

START_TEST(loss_counts_the_missing_of_the_window)
{
	struct path path = {0};
	ck_assert_uint_eq(path_loss(&path, (struct stamp){1, 100}), 100);
	path_arrival(&path, (struct stamp){1, 100}, at(0));
	ck_assert_uint_eq(path_loss(&path, path.newest), 0);
	for (uint64_t seq = 102; seq <= 300; seq += 2)
		path_arrival(&path, (struct stamp){1, seq}, at((int64_t)seq));
	ck_assert_uint_eq(path_loss(&path, path.newest), 50);
	/* A late one counts, a new life starts again. */
	path_arrival(&path, (struct stamp){1, 299}, at(301));
	ck_assert_uint_lt(path_loss(&path, path.newest), 50);
	path_arrival(&path, (struct stamp){2, 7}, at(302));
	ck_assert_uint_eq(path_loss(&path, path.newest), 0);
}
END_TEST

START_TEST(a_long_silence_empties_the_window)
{
	struct path path = {0};
	path_arrival(&path, (struct stamp){1, 1}, at(0));
	path_arrival(&path, (struct stamp){1, 1000}, at(1));
	ck_assert_uint_ge(path_loss(&path, path.newest), 98);
}
END_TEST

START_TEST(a_path_that_falls_behind_the_others_loses)
{
	struct path path = {0};
	for (uint64_t seq = 1; seq <= 100; seq++)
		path_arrival(&path, (struct stamp){1, seq}, at((int64_t)seq));
	ck_assert_uint_eq(path_loss(&path, (struct stamp){1, 100}), 0);
	ck_assert_uint_eq(path_loss(&path, (struct stamp){1, 132}), 50);
	ck_assert_uint_eq(path_loss(&path, (struct stamp){1, 1000}), 100);
	ck_assert_uint_eq(path_loss(&path, (struct stamp){2, 1}), 100);
}
END_TEST

START_TEST(round_trips_are_smoothed_and_never_negative)
{
	struct path path = {0};
	path_round_trip(&path, span_us(-5));
	ck_assert(!path.has_rtt);
	path_round_trip(&path, span_us(800));
	path_round_trip(&path, span_us(1600));
	ck_assert_int_eq(path.rtt.ns, span_us(900).ns);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quorum");
	TCase *counting = tcase_create("counting");
	tcase_add_test(counting, any_two_majorities_share_a_voter);
	tcase_add_test(counting, the_majority_instant_is_the_quorum_th_latest);
	tcase_add_test(counting, a_forgotten_page_is_not_found);
	tcase_add_test(counting, loss_counts_the_missing_of_the_window);
	tcase_add_test(counting, a_long_silence_empties_the_window);
	tcase_add_test(counting, a_path_that_falls_behind_the_others_loses);
	tcase_add_test(counting, round_trips_are_smoothed_and_never_negative);
	suite_add_tcase(suite, counting);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
