/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When an owner tells its neighbours again where its addresses are.
 */
#include "daemon/worker/reannounce.h"

#include <check.h>
#include <stdlib.h>

static struct instant at_ms(int64_t ms)
{
	return (struct instant){ms * 1000000};
}

static void hear(struct reannounce *reannounce, enum note_kind kind)
{
	struct effects effects = {.count = 2};
	effects.items[0].kind = EFFECT_START;
	effects.items[1].kind = EFFECT_NOTE;
	effects.items[1].as.note.kind = kind;
	reannounce_hear(reannounce, &effects);
}

static struct reannounce begin_with(enum note_kind kind)
{
	struct reannounce reannounce;
	reannounce_init(&reannounce, &(struct reannounce_settings){0});
	hear(&reannounce, kind);
	return reannounce;
}

/* Fault 39: neighbours may have missed the owner. */
START_TEST(after_a_long_pause_an_owner_announces_once)
{
	struct reannounce reannounce = begin_with(NOTE_PAUSE_NOTICED);
	ck_assert_int_eq(reannounce_due(&reannounce, 3, true, true, at_ms(10)), SENSE_PAUSE);
	ck_assert_int_eq(reannounce_due(&reannounce, 3, true, true, at_ms(60000)), SENSE_NOTHING);
	ck_assert_int_eq(reannounce_due(&reannounce, 4, true, true, at_ms(60000)), SENSE_PAUSE);
}
END_TEST

START_TEST(when_a_member_is_heard_again_an_owner_announces)
{
	struct reannounce reannounce = begin_with(NOTE_PEER_HEARD);
	ck_assert_int_eq(reannounce_due(&reannounce, 0, true, true, at_ms(10)), SENSE_RETURN);
}
END_TEST

START_TEST(other_news_are_no_reason)
{
	struct reannounce reannounce = begin_with(NOTE_PEER_SILENT);
	ck_assert_int_eq(reannounce_due(&reannounce, 0, true, true, at_ms(10)), SENSE_NOTHING);
}
END_TEST

START_TEST(nothing_is_announced_before_a_majority_confirmed_it)
{
	struct reannounce reannounce = begin_with(NOTE_PAUSE_NOTICED);
	ck_assert_int_eq(reannounce_due(&reannounce, 0, true, false, at_ms(10)), SENSE_NOTHING);
	ck_assert_int_eq(reannounce_due(&reannounce, 0, true, true, at_ms(20)), SENSE_PAUSE);
}
END_TEST

START_TEST(who_lost_the_role_meanwhile_owes_nothing)
{
	struct reannounce reannounce = begin_with(NOTE_PAUSE_NOTICED);
	ck_assert_int_eq(reannounce_due(&reannounce, 0, false, false, at_ms(10)), SENSE_NOTHING);
	ck_assert_int_eq(reannounce_due(&reannounce, 0, true, true, at_ms(20)), SENSE_NOTHING);
}
END_TEST

START_TEST(a_member_that_comes_and_goes_does_not_flood_the_link)
{
	struct reannounce reannounce = begin_with(NOTE_PEER_HEARD);
	unsigned announced = 0;
	for (int64_t ms = 0; ms < 60000; ms += 100) {
		hear(&reannounce, NOTE_PEER_HEARD);
		announced += reannounce_due(&reannounce, 0, true, true, at_ms(ms)) != SENSE_NOTHING;
	}
	ck_assert_uint_eq(announced, 12); /* each five seconds */
	hear(&reannounce, NOTE_PEER_HEARD);
	ck_assert_int_eq(reannounce_due(&reannounce, 0, true, true, at_ms(60000)), SENSE_RETURN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reannounce");
	TCase *tcase = tcase_create("reannounce");
	tcase_add_test(tcase, after_a_long_pause_an_owner_announces_once);
	tcase_add_test(tcase, when_a_member_is_heard_again_an_owner_announces);
	tcase_add_test(tcase, other_news_are_no_reason);
	tcase_add_test(tcase, nothing_is_announced_before_a_majority_confirmed_it);
	tcase_add_test(tcase, who_lost_the_role_meanwhile_owes_nothing);
	tcase_add_test(tcase, a_member_that_comes_and_goes_does_not_flood_the_link);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
