/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which signs of another station are answered.
 */
#include "daemon/resource/address_conflict.h"

#include <check.h>
#include <stdlib.h>

static const uint8_t OTHER[STATION_BYTES] = {2, 0, 0x5e, 0, 0x53, 1};

static struct instant at_s(int64_t seconds)
{
	return (struct instant){seconds * 1000000000};
}

START_TEST(the_first_sign_is_answered_at_once)
{
	struct address_conflict conflict = {0};
	char text[STATION_TEXT_BYTES];
	ck_assert(address_conflict_hear(&conflict, OTHER, at_s(7)));
	ck_assert_uint_eq(conflict.signs, 1);
	address_conflict_station(&conflict, text);
	ck_assert_str_eq(text, "02:00:5e:00:53:01");
}
END_TEST

START_TEST(a_rival_that_goes_on_is_answered_more_and_more_rarely)
{
	struct address_conflict conflict = {0};
	unsigned answers = 0, late_answers = 0;
	for (int64_t tenths = 0; tenths < 36000; tenths++) {
		struct instant now = {tenths * 100000000};
		bool answered = address_conflict_hear(&conflict, OTHER, now);
		answers += answered;
		late_answers += answered && tenths >= 30000;
	}
	ck_assert_uint_eq(conflict.signs, 36000);
	ck_assert_uint_le(answers, 66);      /* of an hour */
	ck_assert_uint_eq(late_answers, 10); /* each minute */
}
END_TEST

START_TEST(after_a_quiet_time_a_sign_is_the_first_again)
{
	struct address_conflict conflict = {0};
	for (int64_t second = 0; second < 1000; second++)
		(void)address_conflict_hear(&conflict, OTHER, at_s(second));
	ck_assert(address_conflict_hear(&conflict, OTHER, at_s(999 + 300)));
	ck_assert(!address_conflict_hear(&conflict, OTHER, at_s(999 + 300)));
	ck_assert(address_conflict_hear(&conflict, OTHER, at_s(999 + 301)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conflict");
	TCase *tcase = tcase_create("conflict");
	tcase_add_test(tcase, the_first_sign_is_answered_at_once);
	tcase_add_test(tcase, a_rival_that_goes_on_is_answered_more_and_more_rarely);
	tcase_add_test(tcase, after_a_quiet_time_a_sign_is_the_first_again);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
