/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/wire.c: bytes that do not say anything sensible are refused, in words, and do no harm.
 */
#include "proto/wire.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/proto/bodies.h"
#include "tests/proto/pages.h"
#include "tests/proto/random.h"

/* Cut anywhere but behind a whole section, and with the length put right so that only the parser
 * can notice, a body is refused. */
START_TEST(a_body_cut_at_any_length_is_refused)
{
	struct heartbeat page = page_crowded();
	page.roles[page.role_count++] = role_largest(1);
	struct body whole = body_of(&page);

	for (size_t length = 0; length < whole.length; length++) {
		struct body cut = whole;
		cut.length = length;
		struct heartbeat arrived;
		ck_assert_int_eq(wire_decode(cut.bytes, length, &arrived, NULL), CODE_INVALID);
		body_set_length(&cut, length);
		bool is_whole =
		    length == body_section(&whole, 3) || length == body_section(&whole, 4) ||
		    length == body_section(&whole, 5) || length == body_section(&whole, 7);
		ck_assert_int_eq(wire_decode(cut.bytes, length, &arrived, NULL),
		                 is_whole ? CODE_OK : CODE_INVALID);
	}
}
END_TEST

START_TEST(each_section_cut_short_inside_itself_is_refused)
{
	struct heartbeat page = page_crowded();
	page.roles[page.role_count++] = role_largest(1);

	for (uint8_t kind = 1; kind <= 5; kind++) {
		struct body body = body_of(&page);
		size_t at = body_section(&body, kind);
		size_t end = at + 4u + (size_t)(body.bytes[at + 2] << 8) + body.bytes[at + 3];
		memmove(body.bytes + end - 1, body.bytes + end, body.length - end);
		body.bytes[at + 3]--;
		body_set_length(&body, body.length - 1);
		body_refused(&body, "cut short");
	}
}
END_TEST

START_TEST(a_role_whose_own_length_is_too_short_for_its_bits_is_refused)
{
	struct heartbeat page = page_plain();
	page.roles[page.role_count++] = role_largest(1);
	struct body body = body_of(&page);
	size_t at = body_section(&body, 5);

	body.bytes[at + 3]--;
	body.bytes[at + 4 + 8]--;
	body_set_length(&body, body.length - 1);
	body_refused(&body, "roles: cut short");
}
END_TEST

/* Fault 59: mutated datagrams. */
START_TEST(junk_and_changed_bytes_never_do_harm)
{
	struct random random = random_announced("junk");

	for (int i = 0; i < 20000; i++) {
		struct heartbeat page = page_random(&random), arrived;
		struct body body = body_of(&page);
		for (uint64_t changes = random_upto(&random, 8); changes > 0; changes--)
			body.bytes[10 + random_upto(&random, body.length - 11)] =
			    (uint8_t)random_bits(&random);
		if (wire_decode(body.bytes, body.length, &arrived, NULL) == CODE_OK)
			ck_assert_int_eq(heartbeat_check(&arrived, NULL), CODE_OK);
	}
}
END_TEST

START_TEST(a_second_section_of_a_known_kind_is_refused)
{
	struct heartbeat page = page_plain();
	page.has_requests = true;

	for (uint8_t kind = 1; kind <= 5; kind++) {
		struct body body = body_of(&page);
		size_t at = body_section(&body, kind);
		uint8_t copy[64];
		size_t length = 4u + body.bytes[at + 3];
		memcpy(copy, body.bytes + at, length);
		body_insert(&body, at, copy, length);
		body_refused(&body, "a second time");
	}
}
END_TEST

START_TEST(timing_and_membership_must_be_there)
{
	struct heartbeat page = page_plain();
	static const char *const missing[] = {"timing: missing", "membership: missing"};

	for (uint8_t kind = 1; kind <= 2; kind++) {
		struct body body = body_of(&page);
		body.bytes[body_section(&body, kind)] = 200;
		body_refused(&body, missing[kind - 1]);
	}
}
END_TEST

START_TEST(counts_above_their_limits_are_refused)
{
	struct heartbeat page = page_crowded();
	struct body body = body_of(&page);

	body.bytes[body_section(&body, 3) + 4] = MEMBERS_MAX + 1;
	body_refused(&body, "echoes: 17 of them");
	body = body_of(&page);
	body.bytes[body_section(&body, 3) + 4 + 25] = PATHS_MAX + 1;
	body_refused(&body, "echoes: 5 paths");
	body = body_of(&page);
	body.bytes[body_section(&body, 4) + 4] = REQUESTS_MAX + 1;
	body_refused(&body, "requests: 5 and 4");
	body = body_of(&page);
	body.bytes[body_section(&body, 4) + 5] = ANSWERS_MAX + 1;
	body_refused(&body, "requests: 4 and 5");
	page = page_fenced();
	body = body_of(&page);
	body.bytes[body_section(&body, 6) + 4] = MEMBERS_MAX + 1;
	body_refused(&body, "fenced: 17 of them");
}
END_TEST

START_TEST(a_section_of_the_fenced_that_makes_no_sense_is_refused)
{
	struct heartbeat page = page_fenced();
	struct body whole = body_of(&page), body = whole;
	size_t at = body_section(&whole, 6), first = at + 5;

	body.bytes[at + 3]--;
	body_set_length(&body, body.length - 1);
	body_refused(&body, "fenced: cut short");
	body = whole;
	memset(body.bytes + first, 0, 8);
	body_refused(&body, "fenced 0: nobody");
	body = whole;
	memcpy(body.bytes + first, "\0\0\0\0\0\0\0\2", 8);
	body_refused(&body, "fenced 0: nobody or the sender");
	body = whole;
	memset(body.bytes + first + 8, 0, 4);
	body_refused(&body, "fenced 0: incarnation 0");
	body = whole;
	memcpy(body.bytes + first + WIRE_FENCED_BYTES, body.bytes + first, 8);
	body_refused(&body, "fenced 1: same member as fenced 0");
}
END_TEST

START_TEST(a_clock_beyond_all_clocks_is_refused)
{
	struct heartbeat page = page_plain();
	page.has_clock = true;
	struct body body = body_of(&page);
	body.bytes[body_section(&body, 7) + 4] = 0x10;
	body_refused(&body, "clock: of 1152921504606846976 us");
}
END_TEST

START_TEST(more_roles_than_a_page_may_have_are_refused)
{
	struct heartbeat page = page_plain();
	for (; page.role_count < PAGE_ROLES_MAX; page.role_count++)
		page.roles[page.role_count].role = 1u + page.role_count;
	struct body body = body_of(&page);
	static const uint8_t one_more[] = {9, 9, 9, 9, 9, 9, 9, 9, 1, 0};

	body_decoded(&body);
	body_grow_section(&body, body_section(&body, 5), one_more, sizeof one_more);
	body_refused(&body, "roles: more than 32");
}
END_TEST

START_TEST(what_heartbeat_check_refuses_is_refused_with_its_words)
{
	struct heartbeat page = page_plain();
	struct body body = body_of(&page);
	memset(body.bytes + body_section(&body, 1) + 4, 0, 4);
	body_refused(&body, "heartbeat of 0 ns");
}
END_TEST

START_TEST(another_magic_or_major_version_or_length_is_refused)
{
	struct heartbeat page = page_plain();
	struct body body = body_of(&page);

	body.bytes[0] ^= 1;
	body_refused(&body, "head: no page");
	body = body_of(&page);
	body.bytes[4] = WIRE_MAJOR + 1;
	body_refused(&body, "head: major version 2");
	body = body_of(&page);
	body.bytes[9]++;
	body_refused(&body, "head: another length");
}
END_TEST

START_TEST(a_glance_reads_the_head_and_refuses_what_is_none)
{
	struct heartbeat page = page_plain();
	page.stamp = (struct stamp){7, 8};
	struct body body = body_of(&page);
	uint8_t datagram[DATAGRAM_BYTES + 1] = {0};
	size_t length = body.length + WIRE_TRAILER_BYTES;
	struct wire_head head;

	memcpy(datagram, body.bytes, body.length);
	ck_assert_int_eq(wire_peek(datagram, length, &head), CODE_OK);
	ck_assert(head.major == WIRE_MAJOR && head.minor == WIRE_MINOR);
	ck_assert(head.cluster == 1 && head.sender == 2);
	ck_assert(head.stamp.incarnation == 7 && head.stamp.seq == 8);
	for (size_t other = 0; other <= DATAGRAM_BYTES + 1; other++)
		if (other != length)
			ck_assert_int_eq(wire_peek(datagram, other, &head), CODE_INVALID);
	const size_t never[] = {WIRE_TRAILER_BYTES, WIRE_TRAILER_BYTES + WIRE_HEAD_BYTES - 1,
	                        DATAGRAM_BYTES + 1};
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
		datagram[8] = (uint8_t)((never[i] - WIRE_TRAILER_BYTES) >> 8);
		datagram[9] = (uint8_t)(never[i] - WIRE_TRAILER_BYTES);
		ck_assert_int_eq(wire_peek(datagram, never[i], &head), CODE_INVALID);
	}
	datagram[4] = WIRE_MAJOR + 1;
	ck_assert_int_eq(wire_peek(datagram, length, &head), CODE_UNSUPPORTED);
	ck_assert_uint_eq(head.major, WIRE_MAJOR + 1);
	datagram[3] ^= 1;
	ck_assert_int_eq(wire_peek(datagram, length, &head), CODE_INVALID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire_refusals");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, a_body_cut_at_any_length_is_refused);
	tcase_add_test(tests, each_section_cut_short_inside_itself_is_refused);
	tcase_add_test(tests, a_role_whose_own_length_is_too_short_for_its_bits_is_refused);
	tcase_add_test(tests, junk_and_changed_bytes_never_do_harm);
	tcase_add_test(tests, a_second_section_of_a_known_kind_is_refused);
	tcase_add_test(tests, timing_and_membership_must_be_there);
	tcase_add_test(tests, counts_above_their_limits_are_refused);
	tcase_add_test(tests, a_section_of_the_fenced_that_makes_no_sense_is_refused);
	tcase_add_test(tests, a_clock_beyond_all_clocks_is_refused);
	tcase_add_test(tests, more_roles_than_a_page_may_have_are_refused);
	tcase_add_test(tests, what_heartbeat_check_refuses_is_refused_with_its_words);
	tcase_add_test(tests, another_magic_or_major_version_or_length_is_refused);
	tcase_add_test(tests, a_glance_reads_the_head_and_refuses_what_is_none);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
