/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/wire.c: what is said arrives as it was said, also by a neighbouring version.
 */
#include "proto/wire.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/proto/bodies.h"
#include "tests/proto/pages.h"
#include "tests/proto/random.h"

START_TEST(every_random_page_arrives_as_it_was_sent)
{
	struct random random = random_announced("round trip");

	for (int i = 0; i < 3000; i++) {
		struct heartbeat page = page_random(&random);
		struct body body = body_of(&page);
		struct heartbeat arrived = body_decoded(&body);
		ck_assert_msg(page_equal(&page, &arrived), "page %d", i);
		ck_assert_uint_eq(wire_bytes(&page), body.length);
	}
}
END_TEST

START_TEST(the_largest_parts_have_the_sizes_that_the_limits_are_proven_with)
{
	struct heartbeat page = page_crowded();
	struct role_report role = role_largest(1);

	ck_assert_uint_eq(wire_role_bytes(&role), WIRE_ROLE_BYTES);
	ck_assert_uint_eq(wire_bytes(&page),
	                  WIRE_HEAD_BYTES + 6 * WIRE_SECTION_BYTES + WIRE_TIMING_BYTES +
	                      WIRE_CLOCK_BYTES + WIRE_MEMBERSHIP_BYTES + 1 +
	                      (MEMBERS_MAX - 1) * WIRE_ECHO_BYTES + 2 +
	                      REQUESTS_MAX * WIRE_REQUEST_BYTES + ANSWERS_MAX * WIRE_ANSWER_BYTES);
}
END_TEST

/* Fault 41: small packets. */
START_TEST(the_most_crowded_first_page_has_room_for_a_role)
{
	struct heartbeat page = page_crowded();
	page.roles[page.role_count++] = role_largest(1);
	struct body body = body_of(&page);
	struct heartbeat arrived = body_decoded(&body);
	ck_assert(page_equal(&page, &arrived));
}
END_TEST

START_TEST(all_roles_of_the_largest_cluster_fit_into_the_pages_of_one_heartbeat)
{
	unsigned pages = 0;

	for (uint64_t role = 1; role <= ROLES_MAX; pages++) {
		struct heartbeat page = page_crowded();
		if (pages > 0) {
			page.has_requests = false;
			page.request_count = page.answer_count = 0;
		}
		size_t length = wire_bytes(&page);
		for (; role <= ROLES_MAX && page.role_count < PAGE_ROLES_MAX; role++) {
			struct role_report report = role_largest(role);
			length += wire_role_bytes(&report);
			if (length > WIRE_BODY_BYTES)
				break;
			page.roles[page.role_count++] = report;
		}
		body_of(&page);
	}
	ck_assert_uint_le(pages, PAGES_MAX);
}
END_TEST

START_TEST(a_role_adds_the_bytes_it_says)
{
	struct random random = random_announced("role bytes");

	for (int i = 0; i < 300; i++) {
		struct heartbeat page = page_random(&random);
		if (page.role_count == 0)
			continue;
		size_t with = wire_bytes(&page);
		const struct role_report *last = &page.roles[--page.role_count];
		ck_assert_uint_eq(with - wire_bytes(&page), wire_role_bytes(last));
	}
}
END_TEST

START_TEST(an_idle_role_of_a_witness_is_ten_bytes)
{
	struct role_report report = {.role = 1};
	ck_assert_uint_eq(wire_role_bytes(&report), 10);
}
END_TEST

START_TEST(everybody_who_was_switched_off_fits_beside_all_echoes)
{
	struct heartbeat page = page_fenced();
	struct body body = body_of(&page);
	struct heartbeat arrived = body_decoded(&body);
	ck_assert_uint_eq(arrived.fenced_count, MEMBERS_MAX - 1);
	ck_assert(page_equal(&page, &arrived));
}
END_TEST

/* The layout of failoverd-protocol(7), byte by byte. */
START_TEST(the_section_of_the_fenced_is_laid_out_as_the_manual_says)
{
	static const uint8_t golden[] = {
	    6, 0, 0, 33, 2,                                                 /* head, count */
	    0, 0, 0, 0,  0, 0, 1, 2, 0,    0, 0, 7, 0,    0,    0x13, 0x88, /* member, life, ms */
	    1, 2, 3, 4,  5, 6, 7, 8, 0xff, 0, 0, 1, 0xff, 0xff, 0xff, 0xff,
	};
	struct heartbeat page = page_plain();
	page.fenced[page.fenced_count++] = (struct fenced){0x102, 7, 5000};
	page.fenced[page.fenced_count++] =
	    (struct fenced){0x102030405060708, 0xff000001, UINT32_MAX};
	struct body body = body_of(&page);
	size_t at = body_section(&body, 6);
	ck_assert_uint_eq(body.length - at, sizeof golden);
	ck_assert_mem_eq(body.bytes + at, golden, sizeof golden);
}
END_TEST

START_TEST(the_section_of_resources_is_laid_out_as_the_manual_says)
{
	static const uint8_t golden[] = {
	    9, 0, 0, 27,                                                 /* head */
	    0, 0, 0, 0,  0, 0, 1,   2,   0,   0,   0, 0, 0, 0, 3, 4, 10, /* role, resource */
	    4, 0, 0, 0,  9, 4, 'o', 'o', 'p', 's',                       /* failed for 9 s */
	};
	struct heartbeat page = page_plain();
	page.resources[page.resource_count++] =
	    (struct resource_report){0x102, 0x304, RESOURCE_FAILED, 9, "oops"};
	struct body body = body_of(&page);
	size_t at = body_section(&body, 9);
	ck_assert_uint_eq(body.length - at, sizeof golden);
	ck_assert_mem_eq(body.bytes + at, golden, sizeof golden);
}
END_TEST

START_TEST(text_of_a_resource_is_plain_whatever_arrives)
{
	struct heartbeat page = page_plain();
	page.resources[page.resource_count++] =
	    (struct resource_report){1, 2, RESOURCE_UP, 3, "a\x1b[31m\xc3\xa4\n"};
	struct body body = body_of(&page);
	struct heartbeat arrived = body_decoded(&body);
	ck_assert_uint_eq(arrived.resource_count, 1);
	ck_assert_str_eq(arrived.resources[0].detail, "a?[31m???");
}
END_TEST

START_TEST(what_a_later_version_says_of_resources_does_no_harm)
{
	struct heartbeat page = page_plain();
	page.resources[page.resource_count++] =
	    (struct resource_report){1, 2, RESOURCE_UP, 3, "here"};
	page.resources[page.resource_count++] = (struct resource_report){1, 3, RESOURCE_UP, 3, ""};
	struct body body = body_of(&page);
	size_t at = body_section(&body, 9);
	static const uint8_t later[] = {0xaa, 0xbb};
	body_insert(&body, at + 4 + 17 + 10, later,
	            sizeof later); /* behind the text of the first */
	body.bytes[at + 3] += (uint8_t)sizeof later;
	body.bytes[at + 4 + 16] += (uint8_t)sizeof later;
	body.bytes[at + 4 + 17 + 10 + 2 + 17] = 200; /* state of the second */
	struct heartbeat arrived = body_decoded(&body);
	ck_assert_uint_eq(arrived.resource_count, 1);
	ck_assert_str_eq(arrived.resources[0].detail, "here");
}
END_TEST

START_TEST(the_clock_is_eight_bytes_of_microseconds)
{
	static const uint8_t golden[] = {7, 0, 0, 8, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40};
	struct heartbeat page = page_plain();
	page.has_clock = true;
	page.clock = (struct instant){1000000999}; /* whole microseconds only */
	struct body body = body_of(&page);
	size_t at = body_section(&body, 7);
	ck_assert_uint_eq(body.length - at, sizeof golden);
	ck_assert_mem_eq(body.bytes + at, golden, sizeof golden);
	struct heartbeat arrived = body_decoded(&body);
	ck_assert(arrived.has_clock);
	ck_assert_int_eq(arrived.clock.ns, 1000000000);
}
END_TEST

START_TEST(a_claim_that_fences_and_a_promise_without_an_end_are_a_bit_each)
{
	struct heartbeat page = page_plain();
	page.roles[page.role_count++] = role_largest(1);
	struct body before = body_of(&page);
	page.roles[0].fences = page.roles[0].endless = true;
	struct body body = body_of(&page);
	size_t bits = body_section(&body, 5) + 4 + 9;
	ck_assert_uint_eq(body.length, before.length);
	ck_assert_uint_eq(body.bytes[bits], before.bytes[bits] | 0x60);
	struct heartbeat arrived = body_decoded(&body);
	ck_assert(arrived.roles[0].fences && arrived.roles[0].endless);
}
END_TEST

START_TEST(what_may_still_run_is_a_bit)
{
	struct heartbeat page = page_plain();
	page.roles[page.role_count++] = role_largest(1);
	page.roles[0].claim = CLAIM_RELEASING;
	page.roles[0].successor = 0;
	struct body before = body_of(&page);
	page.roles[0].may_run = true;
	struct body body = body_of(&page);
	size_t bits = body_section(&body, 5) + 4 + 9;
	ck_assert_uint_eq(body.length, before.length);
	ck_assert_uint_eq(body.bytes[bits], before.bytes[bits] | 0x80);
	struct heartbeat arrived = body_decoded(&body);
	ck_assert(arrived.roles[0].may_run);
}
END_TEST

START_TEST(a_page_that_does_not_fit_is_refused_and_its_length_untouched)
{
	struct heartbeat page = page_crowded();
	uint8_t bytes[WIRE_BODY_BYTES];
	size_t length = 77;
	struct error error;

	page.roles[page.role_count++] = role_largest(1);
	page.roles[page.role_count++] = role_largest(2);
	ck_assert_int_eq(wire_encode(&page, bytes, &length, &error), CODE_TOO_LARGE);
	ck_assert_uint_eq(length, 77);
	ck_assert_uint_gt(wire_bytes(&page), WIRE_BODY_BYTES);
}
END_TEST

START_TEST(path_details_beyond_their_width_measure_nothing)
{
	struct heartbeat page = page_crowded();
	struct path_echo *sent = page.echoes[0].paths;
	sent[0] = (struct path_echo){254, 0xfffffe, 0};
	sent[1] = (struct path_echo){255, 0xffffff, 0};
	sent[2] = (struct path_echo){UINT32_MAX, UINT32_MAX - 1, 0};
	sent[3] = (struct path_echo){256, 0x1000000, 100};
	struct body body = body_of(&page);
	struct heartbeat arrived = body_decoded(&body);
	const struct path_echo *paths = arrived.echoes[0].paths;

	ck_assert_uint_eq(paths[0].seq_behind, 254);
	ck_assert_uint_eq(paths[0].age_us, 0xfffffe);
	for (int i = 1; i < 4; i++) {
		ck_assert_uint_eq(paths[i].seq_behind, UINT32_MAX);
		ck_assert_uint_eq(paths[i].age_us, UINT32_MAX);
	}
}
END_TEST

START_TEST(a_timing_finer_than_the_wire_is_rounded_up_never_down)
{
	struct heartbeat page = page_plain();
	page.timing.lease.ns += 1;
	struct body body = body_of(&page);
	struct heartbeat arrived = body_decoded(&body);
	ck_assert_int_eq(arrived.timing.lease.ns, page.timing.lease.ns + 999);
}
END_TEST

START_TEST(what_means_nothing_is_not_sent)
{
	struct heartbeat page = page_plain();
	page.roles[page.role_count++] =
	    (struct role_report){.role = 1, .failures = 3, .granted = 4};
	struct body body = body_of(&page);
	struct heartbeat arrived = body_decoded(&body);
	ck_assert_uint_eq(arrived.roles[0].failures, 0);
	ck_assert_uint_eq(arrived.roles[0].granted, 0);
}
END_TEST

/* Fault 57: members of neighbouring versions. */
START_TEST(an_unknown_section_is_skipped_wherever_it_stands)
{
	static const uint8_t unknown[] = {200, 0xff, 0, 3, 1, 2, 3};
	struct heartbeat page = page_crowded();

	for (uint8_t kind = 1; kind <= 5; kind++) {
		struct body body = body_of(&page);
		body_insert(&body, body_section(&body, kind), unknown, sizeof unknown);
		body_insert(&body, body_section(&body, kind), unknown, sizeof unknown);
		struct heartbeat arrived = body_decoded(&body);
		ck_assert(page_equal(&page, &arrived));
	}
}
END_TEST

START_TEST(bytes_a_later_version_appends_to_a_section_are_skipped)
{
	static const uint8_t later[] = {1, 2, 3};
	struct heartbeat page = page_crowded();

	for (uint8_t kind = 1; kind <= 4; kind++) {
		struct body body = body_of(&page);
		body_grow_section(&body, body_section(&body, kind), later, sizeof later);
		struct heartbeat arrived = body_decoded(&body);
		ck_assert(page_equal(&page, &arrived));
	}
}
END_TEST

START_TEST(bytes_a_later_version_appends_to_a_role_are_skipped)
{
	static const uint8_t later[] = {1, 2, 3};
	struct heartbeat page = page_plain();
	page.roles[page.role_count++] = role_largest(1);
	struct body body = body_of(&page);
	size_t at = body_section(&body, 5);

	body_grow_section(&body, at, later, sizeof later);
	body.bytes[at + 4 + 8] = (uint8_t)(body.bytes[at + 4 + 8] + sizeof later);
	page.roles[page.role_count++] = role_largest(2);
	struct heartbeat two = page;
	struct body other = body_of(&two);
	size_t second = body_section(&other, 5) + 4 + WIRE_ROLE_BYTES;
	body_grow_section(&body, at, other.bytes + second, WIRE_ROLE_BYTES);

	struct heartbeat arrived = body_decoded(&body);
	ck_assert(page_equal(&two, &arrived));
}
END_TEST

START_TEST(a_neighbouring_minor_version_and_unknown_flags_are_read)
{
	struct heartbeat page = page_plain();
	struct body body = body_of(&page);
	body.bytes[5] = 99;
	body.bytes[6] = body.bytes[7] = 0xff;
	body.bytes[body_section(&body, 1) + 1] = 0xff;
	struct heartbeat arrived = body_decoded(&body);
	ck_assert(page_equal(&page, &arrived));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, every_random_page_arrives_as_it_was_sent);
	tcase_add_test(tests, the_largest_parts_have_the_sizes_that_the_limits_are_proven_with);
	tcase_add_test(tests, the_most_crowded_first_page_has_room_for_a_role);
	tcase_add_test(tests, all_roles_of_the_largest_cluster_fit_into_the_pages_of_one_heartbeat);
	tcase_add_test(tests, a_role_adds_the_bytes_it_says);
	tcase_add_test(tests, an_idle_role_of_a_witness_is_ten_bytes);
	tcase_add_test(tests, everybody_who_was_switched_off_fits_beside_all_echoes);
	tcase_add_test(tests, the_section_of_the_fenced_is_laid_out_as_the_manual_says);
	tcase_add_test(tests, the_section_of_resources_is_laid_out_as_the_manual_says);
	tcase_add_test(tests, text_of_a_resource_is_plain_whatever_arrives);
	tcase_add_test(tests, what_a_later_version_says_of_resources_does_no_harm);
	tcase_add_test(tests, the_clock_is_eight_bytes_of_microseconds);
	tcase_add_test(tests, what_may_still_run_is_a_bit);
	tcase_add_test(tests, a_claim_that_fences_and_a_promise_without_an_end_are_a_bit_each);
	tcase_add_test(tests, a_page_that_does_not_fit_is_refused_and_its_length_untouched);
	tcase_add_test(tests, path_details_beyond_their_width_measure_nothing);
	tcase_add_test(tests, a_timing_finer_than_the_wire_is_rounded_up_never_down);
	tcase_add_test(tests, what_means_nothing_is_not_sent);
	tcase_add_test(tests, an_unknown_section_is_skipped_wherever_it_stands);
	tcase_add_test(tests, bytes_a_later_version_appends_to_a_section_are_skipped);
	tcase_add_test(tests, bytes_a_later_version_appends_to_a_role_are_skipped);
	tcase_add_test(tests, a_neighbouring_minor_version_and_unknown_flags_are_read);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
