/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/wire.c: what is said arrives as it was said, and nothing else arrives.
 */
#include "proto/wire.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/proto/pages.h"
#include "tests/proto/random.h"

struct body {
	size_t length;
	uint8_t bytes[WIRE_BODY_BYTES];
};

static struct body encoded(const struct heartbeat *page)
{
	struct body body;
	struct error error = {CODE_OK, ""};
	ck_assert_msg(wire_encode(page, body.bytes, &body.length, &error) == CODE_OK, "%s",
	              error.text);
	return body;
}

static struct heartbeat decoded(const struct body *body)
{
	struct heartbeat page;
	struct error error = {CODE_OK, ""};
	ck_assert_msg(wire_decode(body->bytes, body->length, &page, &error) == CODE_OK, "%s",
	              error.text);
	return page;
}

static void refused(const struct body *body, const char *because)
{
	struct heartbeat page;
	struct error error = {CODE_OK, ""};

	ck_assert_int_eq(wire_decode(body->bytes, body->length, &page, &error), CODE_INVALID);
	ck_assert_int_eq(wire_decode(body->bytes, body->length, &page, NULL), CODE_INVALID);
	ck_assert_msg(strstr(error.text, because) != NULL, "\"%s\" does not say \"%s\"", error.text,
	              because);
}

static void set_length(struct body *body, size_t length)
{
	body->length = length;
	body->bytes[8] = (uint8_t)(length >> 8);
	body->bytes[9] = (uint8_t)length;
}

/* Puts bytes at an offset, moving the rest, and counts them in the body's length. */
static void insert(struct body *body, size_t offset, const uint8_t *bytes, size_t length)
{
	ck_assert_uint_le(body->length + length, WIRE_BODY_BYTES);
	memmove(body->bytes + offset + length, body->bytes + offset, body->length - offset);
	memcpy(body->bytes + offset, bytes, length);
	set_length(body, body->length + length);
}

/* Offset of the head of the first section of this kind. */
static size_t section_at(const struct body *body, uint8_t kind)
{
	size_t at = WIRE_HEAD_BYTES;
	while (at < body->length && body->bytes[at] != kind)
		at += 4u + (size_t)(body->bytes[at + 2] << 8) + body->bytes[at + 3];
	ck_assert_uint_lt(at, body->length);
	return at;
}

/* Makes the section at this offset longer by some bytes that nobody knows. */
static void grow_section(struct body *body, size_t at, const uint8_t *bytes, size_t length)
{
	size_t old = (size_t)(body->bytes[at + 2] << 8) + body->bytes[at + 3];
	insert(body, at + WIRE_SECTION_BYTES + old, bytes, length);
	body->bytes[at + 2] = (uint8_t)((old + length) >> 8);
	body->bytes[at + 3] = (uint8_t)(old + length);
}

START_TEST(every_random_page_arrives_as_it_was_sent)
{
	struct random random = random_announced("round trip");

	for (int i = 0; i < 3000; i++) {
		struct heartbeat page = page_random(&random);
		struct body body = encoded(&page);
		struct heartbeat arrived = decoded(&body);
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
	                  WIRE_HEAD_BYTES + 5 * WIRE_SECTION_BYTES + WIRE_TIMING_BYTES +
	                      WIRE_MEMBERSHIP_BYTES + 1 + (MEMBERS_MAX - 1) * WIRE_ECHO_BYTES + 2 +
	                      REQUESTS_MAX * WIRE_REQUEST_BYTES + ANSWERS_MAX * WIRE_ANSWER_BYTES);
}
END_TEST

START_TEST(the_most_crowded_first_page_has_room_for_a_role)
{
	struct heartbeat page = page_crowded();
	page.roles[page.role_count++] = role_largest(1);
	struct body body = encoded(&page);
	struct heartbeat arrived = decoded(&body);
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
		encoded(&page);
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

START_TEST(path_details_beyond_their_width_saturate)
{
	struct heartbeat page = page_crowded();
	page.echoes[0].paths[0] = (struct path_echo){300, 0x1000000, 0};
	page.echoes[0].paths[1] = (struct path_echo){UINT32_MAX, UINT32_MAX - 1, 0};
	page.echoes[0].paths[2] = (struct path_echo){0, UINT32_MAX, 100};
	struct body body = encoded(&page);
	struct heartbeat arrived = decoded(&body);

	ck_assert_uint_eq(arrived.echoes[0].paths[0].seq_behind, 255);
	ck_assert_uint_eq(arrived.echoes[0].paths[0].age_us, 0xfffffe);
	ck_assert_uint_eq(arrived.echoes[0].paths[1].age_us, 0xfffffe);
	ck_assert_uint_eq(arrived.echoes[0].paths[2].age_us, UINT32_MAX);
}
END_TEST

START_TEST(a_timing_finer_than_the_wire_is_rounded_up_never_down)
{
	struct heartbeat page = page_plain();
	page.timing.lease.ns += 1;
	struct body body = encoded(&page);
	struct heartbeat arrived = decoded(&body);
	ck_assert_int_eq(arrived.timing.lease.ns, page.timing.lease.ns + 999);
}
END_TEST

START_TEST(what_means_nothing_is_not_sent)
{
	struct heartbeat page = page_plain();
	page.roles[page.role_count++] = (struct role_report){.role = 1, .failures = 3, .granted = 4};
	struct body body = encoded(&page);
	struct heartbeat arrived = decoded(&body);
	ck_assert_uint_eq(arrived.roles[0].failures, 0);
	ck_assert_uint_eq(arrived.roles[0].granted, 0);
}
END_TEST

/* Cut anywhere but behind a whole section, and with the length put right so that only the parser can
 * notice, a body is refused. */
START_TEST(a_body_cut_at_any_length_is_refused)
{
	struct heartbeat page = page_crowded();
	page.roles[page.role_count++] = role_largest(1);
	struct body whole = encoded(&page);

	for (size_t length = 0; length < whole.length; length++) {
		struct body cut = whole;
		cut.length = length;
		struct heartbeat arrived;
		ck_assert_int_eq(wire_decode(cut.bytes, length, &arrived, NULL), CODE_INVALID);
		set_length(&cut, length);
		bool is_whole = length == section_at(&whole, 3) ||
		                length == section_at(&whole, 4) || length == section_at(&whole, 5);
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
		struct body body = encoded(&page);
		size_t at = section_at(&body, kind);
		size_t end = at + 4u + (size_t)(body.bytes[at + 2] << 8) + body.bytes[at + 3];
		memmove(body.bytes + end - 1, body.bytes + end, body.length - end);
		body.bytes[at + 3]--;
		set_length(&body, body.length - 1);
		refused(&body, "cut short");
	}
}
END_TEST

START_TEST(a_role_whose_own_length_is_too_short_for_its_bits_is_refused)
{
	struct heartbeat page = page_plain();
	page.roles[page.role_count++] = role_largest(1);
	struct body body = encoded(&page);
	size_t at = section_at(&body, 5);

	body.bytes[at + 3]--;
	body.bytes[at + 4 + 8]--;
	set_length(&body, body.length - 1);
	refused(&body, "roles: cut short");
}
END_TEST

START_TEST(junk_and_changed_bytes_never_do_harm)
{
	struct random random = random_announced("junk");

	for (int i = 0; i < 20000; i++) {
		struct heartbeat page = page_random(&random), arrived;
		struct body body = encoded(&page);
		for (uint64_t changes = random_upto(&random, 8); changes > 0; changes--)
			body.bytes[10 + random_upto(&random, body.length - 11)] =
			    (uint8_t)random_bits(&random);
		if (wire_decode(body.bytes, body.length, &arrived, NULL) == CODE_OK)
			ck_assert_int_eq(heartbeat_check(&arrived, NULL), CODE_OK);
	}
}
END_TEST

START_TEST(an_unknown_section_is_skipped_wherever_it_stands)
{
	static const uint8_t unknown[] = {200, 0xff, 0, 3, 1, 2, 3};
	struct heartbeat page = page_crowded();

	for (uint8_t kind = 1; kind <= 5; kind++) {
		struct body body = encoded(&page);
		insert(&body, section_at(&body, kind), unknown, sizeof unknown);
		insert(&body, section_at(&body, kind), unknown, sizeof unknown);
		struct heartbeat arrived = decoded(&body);
		ck_assert(page_equal(&page, &arrived));
	}
}
END_TEST

START_TEST(bytes_a_later_version_appends_to_a_section_are_skipped)
{
	static const uint8_t later[] = {1, 2, 3};
	struct heartbeat page = page_crowded();

	for (uint8_t kind = 1; kind <= 4; kind++) {
		struct body body = encoded(&page);
		grow_section(&body, section_at(&body, kind), later, sizeof later);
		struct heartbeat arrived = decoded(&body);
		ck_assert(page_equal(&page, &arrived));
	}
}
END_TEST

START_TEST(bytes_a_later_version_appends_to_a_role_are_skipped)
{
	static const uint8_t later[] = {1, 2, 3};
	struct heartbeat page = page_plain();
	page.roles[page.role_count++] = role_largest(1);
	struct body body = encoded(&page);
	size_t at = section_at(&body, 5);

	grow_section(&body, at, later, sizeof later);
	body.bytes[at + 4 + 8] = (uint8_t)(body.bytes[at + 4 + 8] + sizeof later);
	body.bytes[at + 4 + 9] |= 0xe0; /* the bits that announce them */
	page.roles[page.role_count++] = role_largest(2);
	struct heartbeat two = page;
	struct body other = encoded(&two);
	size_t second = section_at(&other, 5) + 4 + WIRE_ROLE_BYTES;
	grow_section(&body, at, other.bytes + second, WIRE_ROLE_BYTES);

	struct heartbeat arrived = decoded(&body);
	ck_assert(page_equal(&two, &arrived));
}
END_TEST

START_TEST(a_second_section_of_a_known_kind_is_refused)
{
	struct heartbeat page = page_plain();
	page.has_requests = true;

	for (uint8_t kind = 1; kind <= 5; kind++) {
		struct body body = encoded(&page);
		size_t at = section_at(&body, kind);
		uint8_t copy[64];
		size_t length = 4u + body.bytes[at + 3];
		memcpy(copy, body.bytes + at, length);
		insert(&body, at, copy, length);
		refused(&body, "a second time");
	}
}
END_TEST

START_TEST(timing_and_membership_must_be_there)
{
	struct heartbeat page = page_plain();
	static const char *const missing[] = {"timing: missing", "membership: missing"};

	for (uint8_t kind = 1; kind <= 2; kind++) {
		struct body body = encoded(&page);
		body.bytes[section_at(&body, kind)] = 200;
		refused(&body, missing[kind - 1]);
	}
}
END_TEST

START_TEST(counts_above_their_limits_are_refused)
{
	struct heartbeat page = page_crowded();
	struct body body = encoded(&page);

	body.bytes[section_at(&body, 3) + 4] = MEMBERS_MAX + 1;
	refused(&body, "echoes: 17 of them");
	body = encoded(&page);
	body.bytes[section_at(&body, 3) + 4 + 25] = PATHS_MAX + 1;
	refused(&body, "echoes: 5 paths");
	body = encoded(&page);
	body.bytes[section_at(&body, 4) + 4] = REQUESTS_MAX + 1;
	refused(&body, "requests: 5 and 5");
	body = encoded(&page);
	body.bytes[section_at(&body, 4) + 5] = ANSWERS_MAX + 1;
	refused(&body, "requests: 4 and 6");
}
END_TEST

START_TEST(more_roles_than_a_page_may_have_are_refused)
{
	struct heartbeat page = page_plain();
	for (; page.role_count < PAGE_ROLES_MAX; page.role_count++)
		page.roles[page.role_count].role = 1u + page.role_count;
	struct body body = encoded(&page);
	static const uint8_t one_more[] = {9, 9, 9, 9, 9, 9, 9, 9, 1, 0};

	decoded(&body);
	grow_section(&body, section_at(&body, 5), one_more, sizeof one_more);
	refused(&body, "roles: more than 32");
}
END_TEST

START_TEST(what_heartbeat_check_refuses_is_refused_with_its_words)
{
	struct heartbeat page = page_plain();
	struct body body = encoded(&page);
	memset(body.bytes + section_at(&body, 1) + 4, 0, 4);
	refused(&body, "heartbeat of 0 ns");
}
END_TEST

START_TEST(a_neighbouring_minor_version_and_unknown_flags_are_read)
{
	struct heartbeat page = page_plain();
	struct body body = encoded(&page);
	body.bytes[5] = 99;
	body.bytes[6] = body.bytes[7] = 0xff;
	body.bytes[section_at(&body, 1) + 1] = 0xff;
	struct heartbeat arrived = decoded(&body);
	ck_assert(page_equal(&page, &arrived));
}
END_TEST

START_TEST(another_magic_or_major_version_or_length_is_refused)
{
	struct heartbeat page = page_plain();
	struct body body = encoded(&page);

	body.bytes[0] ^= 1;
	refused(&body, "head: no page");
	body = encoded(&page);
	body.bytes[4] = WIRE_MAJOR + 1;
	refused(&body, "head: major version 2");
	body = encoded(&page);
	body.bytes[9]++;
	refused(&body, "head: another length");
}
END_TEST

START_TEST(a_glance_reads_the_head_and_refuses_what_is_none)
{
	struct heartbeat page = page_plain();
	page.stamp = (struct stamp){7, 8};
	struct body body = encoded(&page);
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
	Suite *suite = suite_create("wire");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, every_random_page_arrives_as_it_was_sent);
	tcase_add_test(tests, the_largest_parts_have_the_sizes_that_the_limits_are_proven_with);
	tcase_add_test(tests, the_most_crowded_first_page_has_room_for_a_role);
	tcase_add_test(tests, all_roles_of_the_largest_cluster_fit_into_the_pages_of_one_heartbeat);
	tcase_add_test(tests, a_role_adds_the_bytes_it_says);
	tcase_add_test(tests, an_idle_role_of_a_witness_is_ten_bytes);
	tcase_add_test(tests, a_page_that_does_not_fit_is_refused_and_its_length_untouched);
	tcase_add_test(tests, path_details_beyond_their_width_saturate);
	tcase_add_test(tests, a_timing_finer_than_the_wire_is_rounded_up_never_down);
	tcase_add_test(tests, what_means_nothing_is_not_sent);
	tcase_add_test(tests, a_body_cut_at_any_length_is_refused);
	tcase_add_test(tests, each_section_cut_short_inside_itself_is_refused);
	tcase_add_test(tests, a_role_whose_own_length_is_too_short_for_its_bits_is_refused);
	tcase_add_test(tests, junk_and_changed_bytes_never_do_harm);
	tcase_add_test(tests, an_unknown_section_is_skipped_wherever_it_stands);
	tcase_add_test(tests, bytes_a_later_version_appends_to_a_section_are_skipped);
	tcase_add_test(tests, bytes_a_later_version_appends_to_a_role_are_skipped);
	tcase_add_test(tests, a_second_section_of_a_known_kind_is_refused);
	tcase_add_test(tests, timing_and_membership_must_be_there);
	tcase_add_test(tests, counts_above_their_limits_are_refused);
	tcase_add_test(tests, more_roles_than_a_page_may_have_are_refused);
	tcase_add_test(tests, what_heartbeat_check_refuses_is_refused_with_its_words);
	tcase_add_test(tests, a_neighbouring_minor_version_and_unknown_flags_are_read);
	tcase_add_test(tests, another_magic_or_major_version_or_length_is_refused);
	tcase_add_test(tests, a_glance_reads_the_head_and_refuses_what_is_none);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
