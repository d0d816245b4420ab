/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/admission.c: who is let in, who is not, and under which name the refusal is counted.
 */
#include "proto/admission.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/proto/pages.h"
#include "tests/proto/random.h"
#include "tests/proto/sealed.h"

/* A admission, what was heard so far, and what the last datagram brought. */
struct scene {
	struct admission admission;
	struct replay_window heard[MEMBERS_MAX];
	struct heartbeat page;
	uint8_t sender;
	struct error error;
};

static struct scene scene(void)
{
	return (struct scene){.admission = sealed_door(), .sender = NO_MEMBER};
}

static struct heartbeat page_of(uint8_t member, struct stamp stamp)
{
	struct heartbeat page = page_plain();
	page.sender = 10u + member;
	page.stamp = stamp;
	return page;
}

static struct datagram datagram_of(uint8_t member, struct stamp stamp)
{
	struct heartbeat page = page_of(member, stamp);
	struct keys keys = sealed_keys(member);
	return sealed_page(&page, &keys.secret);
}

/* As the shell does: what is let in is heard. */
static enum refusal arrive(struct scene *scene, const struct datagram *datagram, uint8_t source,
                           uint8_t path)
{
	struct arrival arrival = {source, path};
	enum refusal result =
	    admission_receive(&scene->admission, datagram->bytes, datagram->length, arrival,
	                      scene->heard, &scene->page, &scene->sender, &scene->error);
	if (result == REFUSAL_NONE)
		replay_window_add(&scene->heard[scene->sender], scene->page.stamp);
	return result;
}

static uint64_t counted(const struct admission *admission)
{
	uint64_t sum = 0;
	for (size_t reason = 0; reason < REFUSALS; reason++) {
		sum += admission->refused_strangers[reason];
		for (size_t member = 0; member < MEMBERS_MAX; member++)
			sum += admission->refused[member][reason];
	}
	return sum;
}

START_TEST(a_new_page_of_a_member_is_let_in)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 5});
	struct heartbeat page = page_of(1, (struct stamp){1, 5});

	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_NONE);
	ck_assert_uint_eq(s.sender, 1);
	ck_assert(page_equal(&s.page, &page));
	ck_assert_uint_eq(counted(&s.admission), 0);
}
END_TEST

START_TEST(junk_is_counted_for_the_address_it_came_from)
{
	struct scene s = scene();
	struct datagram datagram = {40, "hello"};

	ck_assert_int_eq(arrive(&s, &datagram, NO_MEMBER, 0), REFUSAL_JUNK);
	ck_assert_uint_eq(s.admission.refused_strangers[REFUSAL_JUNK], 1);
	datagram.length = 0;
	ck_assert_int_eq(arrive(&s, &datagram, 2, 0), REFUSAL_JUNK);
	ck_assert_uint_eq(s.admission.refused[2][REFUSAL_JUNK], 1);
}
END_TEST

START_TEST(another_major_version_is_named_as_such_before_anything_else_is_looked_at)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 1});
	datagram.bytes[4] = WIRE_MAJOR + 1;
	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_VERSION);
	ck_assert_uint_eq(s.admission.refused[1][REFUSAL_VERSION], 1);
}
END_TEST

/* Fault 57: members of neighbouring versions. */
START_TEST(another_minor_version_is_let_in)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 1});
	struct keys keys = sealed_keys(1);

	datagram.bytes[5] = WIRE_MINOR + 1;
	datagram = sealed_body(datagram.bytes, datagram.length - WIRE_TRAILER_BYTES, &keys.secret);
	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_NONE);
}
END_TEST

START_TEST(another_cluster_is_named_as_such)
{
	struct scene s = scene();
	struct heartbeat page = page_of(1, (struct stamp){1, 1});
	struct keys keys = sealed_keys(1);
	page.cluster = 2;
	struct datagram datagram = sealed_page(&page, &keys.secret);

	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_WRONG_CLUSTER);
	ck_assert_uint_eq(s.admission.refused[1][REFUSAL_WRONG_CLUSTER], 1);
}
END_TEST

START_TEST(a_datagram_tagged_for_somebody_else_is_refused)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 1});
	struct keys other = sealed_keys(2);
	struct tag_key tag_key = auth_tag_key("test", &other.public);

	auth_tag(datagram.bytes, datagram.length - WIRE_TRAILER_BYTES, &tag_key);
	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_BAD_TAG);
	ck_assert_uint_eq(s.admission.refused[1][REFUSAL_BAD_TAG], 1);
}
END_TEST

START_TEST(a_datagram_tagged_with_either_of_our_two_keys_is_let_in)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 1});
	struct keys next = sealed_keys(9);

	s.admission.tag_keys[1] = s.admission.tag_keys[0];
	s.admission.tag_keys[0] = auth_tag_key("test", &next.public);
	s.admission.tag_key_count = 2;
	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_NONE);
}
END_TEST

/* Fault 58: a member that the change of keys forgot. */
START_TEST(a_sender_nobody_lists_is_counted_for_the_address_it_came_from)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(7, (struct stamp){1, 1});

	ck_assert_int_eq(arrive(&s, &datagram, NO_MEMBER, 0), REFUSAL_UNKNOWN_KEY);
	ck_assert_int_eq(arrive(&s, &datagram, 2, 0), REFUSAL_UNKNOWN_KEY);
	ck_assert_uint_eq(s.admission.refused_strangers[REFUSAL_UNKNOWN_KEY], 1);
	ck_assert_uint_eq(s.admission.refused[2][REFUSAL_UNKNOWN_KEY], 1);
}
END_TEST

/* Fault 61: a copy of a member at another address. */
START_TEST(a_member_at_an_address_that_is_not_its_own_is_refused)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 1});

	ck_assert_int_eq(arrive(&s, &datagram, 2, 0), REFUSAL_SOURCE);
	ck_assert_int_eq(arrive(&s, &datagram, NO_MEMBER, 0), REFUSAL_SOURCE);
	ck_assert_uint_eq(s.admission.refused[1][REFUSAL_SOURCE], 2);
}
END_TEST

START_TEST(our_own_datagram_reflected_is_refused_wherever_it_comes_from)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(0, (struct stamp){1, 1});

	ck_assert_int_eq(arrive(&s, &datagram, 0, 0), REFUSAL_REPLAY);
	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_SOURCE);
	ck_assert_int_eq(arrive(&s, &datagram, NO_MEMBER, 0), REFUSAL_SOURCE);
}
END_TEST

/* Fault 21: a recorded datagram is played again. */
START_TEST(what_was_heard_is_a_replay)
{
	struct scene s = scene();
	struct datagram old = datagram_of(1, (struct stamp){1, 4});
	struct datagram new = datagram_of(1, (struct stamp){1, 5});
	struct datagram lost = datagram_of(1, (struct stamp){1, 3});
	struct datagram far = datagram_of(1, (struct stamp){1, 3 + LOSS_WINDOW});
	struct datagram old_life = datagram_of(1, (struct stamp){1, 999});
	struct datagram new_life = datagram_of(1, (struct stamp){2, 1});

	ck_assert_int_eq(arrive(&s, &new, 1, 0), REFUSAL_NONE);
	ck_assert_int_eq(arrive(&s, &new, 1, 0), REFUSAL_REPLAY);
	/* Overtaken by a newer page, it still counts, once. */
	ck_assert_int_eq(arrive(&s, &old, 1, 0), REFUSAL_NONE);
	ck_assert_int_eq(arrive(&s, &old, 1, 0), REFUSAL_REPLAY);
	ck_assert_int_eq(arrive(&s, &far, 1, 0), REFUSAL_NONE);
	ck_assert_int_eq(arrive(&s, &lost, 1, 0), REFUSAL_REPLAY);
	ck_assert_int_eq(arrive(&s, &new_life, 1, 0), REFUSAL_NONE);
	ck_assert_int_eq(arrive(&s, &old_life, 1, 0), REFUSAL_REPLAY);
	ck_assert_uint_eq(s.admission.refused[1][REFUSAL_REPLAY], 4);
}
END_TEST

START_TEST(a_door_that_forgot_still_refuses_what_was_heard_before)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 5});

	s.heard[1] = replay_window_up_to((struct stamp){1, 5});
	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_REPLAY);
	ck_assert_int_eq(arrive(&s, &datagram, 1, 1), REFUSAL_REPLAY);
}
END_TEST

START_TEST(the_copy_over_a_second_path_is_a_twin_once)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 5});

	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_NONE);
	s.page.stamp = (struct stamp){0, 0};
	s.sender = NO_MEMBER;
	ck_assert_int_eq(arrive(&s, &datagram, 1, 1), REFUSAL_TWIN);
	ck_assert_uint_eq(s.sender, 1);
	ck_assert(stamp_equal(s.page.stamp, (struct stamp){1, 5}));
	ck_assert_int_eq(arrive(&s, &datagram, 1, 1), REFUSAL_REPLAY);
	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_REPLAY);
	ck_assert_int_eq(arrive(&s, &datagram, 1, 3), REFUSAL_TWIN);
	ck_assert_uint_eq(s.admission.refused[1][REFUSAL_TWIN], 2);
}
END_TEST

START_TEST(a_copy_over_a_slower_path_is_a_twin_even_behind_newer_pages)
{
	struct scene s = scene();

	for (uint64_t seq = 1; seq <= LOSS_WINDOW; seq++) {
		struct datagram datagram = datagram_of(1, (struct stamp){1, seq});
		ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_NONE);
	}
	for (uint64_t seq = 1; seq <= LOSS_WINDOW; seq++) {
		struct datagram datagram = datagram_of(1, (struct stamp){1, seq});
		ck_assert_int_eq(arrive(&s, &datagram, 1, 1), REFUSAL_TWIN);
	}
	struct datagram next = datagram_of(1, (struct stamp){1, LOSS_WINDOW + 1});
	struct datagram too_slow = datagram_of(1, (struct stamp){1, 1});
	ck_assert_int_eq(arrive(&s, &next, 1, 0), REFUSAL_NONE);
	ck_assert_int_eq(arrive(&s, &too_slow, 1, 2), REFUSAL_REPLAY);
}
END_TEST

START_TEST(the_same_stamp_with_another_signature_is_no_twin)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 5});
	struct heartbeat other_page = page_of(1, (struct stamp){1, 5});
	struct keys keys = sealed_keys(1);
	other_page.paused = true;
	struct datagram other = sealed_page(&other_page, &keys.secret);

	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_NONE);
	ck_assert_int_eq(arrive(&s, &other, 1, 1), REFUSAL_REPLAY);
}
END_TEST

START_TEST(a_page_signed_by_another_member_is_refused_and_not_remembered)
{
	struct scene s = scene();
	struct heartbeat page = page_of(1, (struct stamp){1, 5});
	struct keys wrong = sealed_keys(2), right = sealed_keys(1);
	struct datagram forged = sealed_page(&page, &wrong.secret);
	struct datagram genuine = sealed_page(&page, &right.secret);

	ck_assert_int_eq(arrive(&s, &forged, 1, 0), REFUSAL_BAD_SIGNATURE);
	ck_assert_int_eq(arrive(&s, &forged, 1, 1), REFUSAL_BAD_SIGNATURE);
	ck_assert_uint_eq(s.admission.refused[1][REFUSAL_BAD_SIGNATURE], 2);
	ck_assert_int_eq(arrive(&s, &genuine, 1, 0), REFUSAL_NONE);
}
END_TEST

/* Fault 58: keys are changed one after the other. */
START_TEST(during_a_rotation_both_keys_of_a_member_are_good)
{
	struct scene s = scene();
	struct keys next = sealed_keys(9);
	struct datagram old_key = datagram_of(1, (struct stamp){1, 5});
	struct heartbeat page = page_of(1, (struct stamp){1, 6});
	struct datagram new_key = sealed_page(&page, &next.secret);

	s.admission.keys[1][1] = next.public;
	s.admission.key_count[1] = 2;
	ck_assert_int_eq(arrive(&s, &old_key, 1, 0), REFUSAL_NONE);
	ck_assert_int_eq(arrive(&s, &new_key, 1, 0), REFUSAL_NONE);
	s.admission.key_count[1] = 1;
	page.stamp.seq++;
	new_key = sealed_page(&page, &next.secret);
	ck_assert_int_eq(arrive(&s, &new_key, 1, 0), REFUSAL_BAD_SIGNATURE);
}
END_TEST

START_TEST(a_signed_page_that_says_nonsense_is_refused_with_the_reason)
{
	struct scene s = scene();
	struct heartbeat page = page_of(1, (struct stamp){1, 5});
	struct keys keys = sealed_keys(1);
	page.timing.lease = span_ms(3600001);
	struct datagram datagram = sealed_page(&page, &keys.secret);

	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_MALFORMED);
	ck_assert_msg(strstr(s.error.text, "lease") != NULL, "%s", s.error.text);
	ck_assert_uint_eq(s.admission.refused[1][REFUSAL_MALFORMED], 1);
	ck_assert_uint_eq(s.page.cluster, 0);
	ck_assert_uint_eq(s.sender, NO_MEMBER);
}
END_TEST

/* Fault 59: mutated datagrams. */
START_TEST(every_single_flipped_bit_is_refused_and_changes_only_a_counter)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 5});

	for (size_t bit = 0; bit < 8 * datagram.length; bit++) {
		struct datagram flipped = datagram;
		flipped.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		enum refusal result = arrive(&s, &flipped, 1, 0);
		ck_assert_msg(result != REFUSAL_NONE && result != REFUSAL_TWIN, "bit %zu", bit);
		ck_assert_uint_eq(counted(&s.admission), bit + 1);
	}
	ck_assert_uint_eq(s.sender, NO_MEMBER);
	ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_NONE);
}
END_TEST

START_TEST(a_datagram_cut_at_any_length_is_refused)
{
	struct scene s = scene();
	struct datagram datagram = datagram_of(1, (struct stamp){1, 5});

	for (size_t length = 0; length < datagram.length; length++) {
		struct datagram cut = datagram;
		cut.length = length;
		ck_assert_int_eq(arrive(&s, &cut, 1, 0), REFUSAL_JUNK);
	}
}
END_TEST

START_TEST(random_junk_with_a_good_head_stops_at_the_tag)
{
	struct scene s = scene();
	struct random random = random_announced("admission junk");

	for (int i = 0; i < 5000; i++) {
		struct datagram datagram = datagram_of(1, (struct stamp){1, 5});
		for (size_t at = WIRE_HEAD_BYTES; at < datagram.length; at++)
			datagram.bytes[at] = (uint8_t)random_bits(&random);
		ck_assert_int_eq(arrive(&s, &datagram, 1, 0), REFUSAL_BAD_TAG);
	}
}
END_TEST

START_TEST(every_refusal_has_a_word_of_its_own)
{
	for (int a = 0; a < REFUSALS; a++) {
		ck_assert_ptr_nonnull(refusal_word((enum refusal)a));
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(refusal_word((enum refusal)a),
			                 refusal_word((enum refusal)b));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("admission");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, a_new_page_of_a_member_is_let_in);
	tcase_add_test(tests, junk_is_counted_for_the_address_it_came_from);
	tcase_add_test(tests,
	               another_major_version_is_named_as_such_before_anything_else_is_looked_at);
	tcase_add_test(tests, another_minor_version_is_let_in);
	tcase_add_test(tests, another_cluster_is_named_as_such);
	tcase_add_test(tests, a_datagram_tagged_for_somebody_else_is_refused);
	tcase_add_test(tests, a_datagram_tagged_with_either_of_our_two_keys_is_let_in);
	tcase_add_test(tests, a_sender_nobody_lists_is_counted_for_the_address_it_came_from);
	tcase_add_test(tests, a_member_at_an_address_that_is_not_its_own_is_refused);
	tcase_add_test(tests, our_own_datagram_reflected_is_refused_wherever_it_comes_from);
	tcase_add_test(tests, what_was_heard_is_a_replay);
	tcase_add_test(tests, a_door_that_forgot_still_refuses_what_was_heard_before);
	tcase_add_test(tests, the_copy_over_a_second_path_is_a_twin_once);
	tcase_add_test(tests, a_copy_over_a_slower_path_is_a_twin_even_behind_newer_pages);
	tcase_add_test(tests, the_same_stamp_with_another_signature_is_no_twin);
	tcase_add_test(tests, a_page_signed_by_another_member_is_refused_and_not_remembered);
	tcase_add_test(tests, during_a_rotation_both_keys_of_a_member_are_good);
	tcase_add_test(tests, a_signed_page_that_says_nonsense_is_refused_with_the_reason);
	tcase_add_test(tests, every_single_flipped_bit_is_refused_and_changes_only_a_counter);
	tcase_add_test(tests, a_datagram_cut_at_any_length_is_refused);
	tcase_add_test(tests, random_junk_with_a_good_head_stops_at_the_tag);
	tcase_add_test(tests, every_refusal_has_a_word_of_its_own);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
