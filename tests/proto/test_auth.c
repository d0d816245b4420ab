/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/auth.c: only the member can sign, only holders of the file can tag.
 */
#include "proto/auth.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/proto/pages.h"
#include "tests/proto/sealed.h"

static struct tag_key first_tag_key(void)
{
	struct keys keys = sealed_keys(0);
	return auth_tag_key("test", &keys.public);
}

START_TEST(the_cryptography_gives_the_known_answer)
{
	ck_assert(auth_self_test());
}
END_TEST

/* The bytes of one datagram, for ever: a change here cuts off every member of the older version. */
START_TEST(a_plain_page_has_the_same_bytes_in_every_version)
{
	static const uint8_t golden[] = {
	    0x46, 0x4f, 0x56, 0x44, 0x01, 0x00, 0x00, 0x00, 0x00, 0xb3, 0x00, 0x00, 0x00, 0x00,
	    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
	    0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x01, 0x00, 0x00, 0x10,
	    0x00, 0x03, 0x0d, 0x40, 0x00, 0x1e, 0x84, 0x80, 0x00, 0x07, 0xa1, 0x20, 0x00, 0x00,
	    0x00, 0x00, 0x02, 0x00, 0x00, 0x19, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03,
	    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	    0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x01, 0x00, 0x05, 0x00, 0x00, 0x53, 0x01, 0x02,
	    0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x4a, 0x1f, 0x00, 0x03, 0x02, 0x06, 0x00, 0x00,
	    0x00, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00,
	    0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00,
	    0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x0b, 0x00, 0x00, 0x00, 0x00,
	    0x00, 0x00, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0d, 0x00, 0x00,
	    0x00, 0x00, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x00, 0x00, 0x0f, 0x01, 0x28, 0x6a, 0xa6,
	    0x90, 0x34, 0x77, 0xba, 0x37, 0x92, 0x57, 0xf7, 0x5a, 0xc5, 0x31, 0x73, 0x0d, 0x6d,
	    0x1b, 0xa0, 0x96, 0x5f, 0x20, 0xf6, 0xc2, 0xe1, 0x77, 0x72, 0x31, 0xdd, 0x06, 0x18,
	    0x80, 0xb4, 0xd9, 0xa0, 0xb2, 0xf3, 0xdb, 0xcc, 0xc1, 0xe0, 0x14, 0xd3, 0xb4, 0xaa,
	    0x53, 0xb1, 0xad, 0x33, 0x81, 0x2c, 0xba, 0xf1, 0xea, 0x52, 0x92, 0x52, 0x08, 0x25,
	    0x41, 0x5c, 0x2a, 0xf0, 0x09, 0xea, 0xe1, 0x3a, 0xd7, 0x29, 0x47, 0x76, 0x94, 0x0b,
	    0x48, 0x31, 0x5d, 0xc7, 0x58, 0x4a, 0xa4,
	};
	struct heartbeat page = page_plain();
	page.minor = 0; /* of the version that these bytes are from */
	page.roles[page.role_count++] = role_largest(0x0102030405060708);
	struct keys keys = sealed_keys(1);
	struct datagram datagram = sealed_page(&page, &keys.secret);

	ck_assert_uint_eq(datagram.length, sizeof golden);
	ck_assert_mem_eq(datagram.bytes, golden, sizeof golden);
}
END_TEST

START_TEST(tag_and_signature_of_a_sealed_datagram_match)
{
	struct heartbeat page = page_crowded();
	struct keys keys = sealed_keys(1);
	struct datagram datagram = sealed_page(&page, &keys.secret);
	struct tag_key tag_key = first_tag_key();

	ck_assert(auth_tag_matches(datagram.bytes, datagram.length, &tag_key));
	ck_assert(auth_signature_matches(datagram.bytes, datagram.length, &keys.public));
}
END_TEST

START_TEST(another_receiver_or_cluster_has_another_tag)
{
	struct heartbeat page = page_plain();
	struct keys first = sealed_keys(0), second = sealed_keys(1);
	struct datagram datagram = sealed_page(&page, &second.secret);
	struct tag_key other_receiver = auth_tag_key("test", &second.public);
	struct tag_key other_cluster = auth_tag_key("tes", &first.public);

	ck_assert(!auth_tag_matches(datagram.bytes, datagram.length, &other_receiver));
	ck_assert(!auth_tag_matches(datagram.bytes, datagram.length, &other_cluster));
}
END_TEST

START_TEST(another_member_s_key_does_not_match_the_signature)
{
	struct heartbeat page = page_plain();
	struct keys keys = sealed_keys(1), other = sealed_keys(2);
	struct datagram datagram = sealed_page(&page, &keys.secret);

	ck_assert(!auth_signature_matches(datagram.bytes, datagram.length, &other.public));
}
END_TEST

START_TEST(every_flipped_bit_breaks_the_tag_and_every_one_of_the_body_the_signature)
{
	struct heartbeat page = page_plain();
	struct keys keys = sealed_keys(1);
	struct datagram datagram = sealed_page(&page, &keys.secret);
	struct tag_key tag_key = first_tag_key();

	for (size_t bit = 0; bit < 8 * datagram.length; bit++) {
		uint8_t mask = (uint8_t)(1u << bit % 8);
		datagram.bytes[bit / 8] ^= mask;
		ck_assert(!auth_tag_matches(datagram.bytes, datagram.length, &tag_key));
		if (bit < 8 * (datagram.length - WIRE_TAG_BYTES))
			ck_assert(
			    !auth_signature_matches(datagram.bytes, datagram.length, &keys.public));
		datagram.bytes[bit / 8] ^= mask;
	}
}
END_TEST

START_TEST(lengths_no_datagram_can_have_are_refused_unread)
{
	uint8_t byte = 0;
	struct tag_key tag_key = first_tag_key();
	struct keys keys = sealed_keys(1);

	ck_assert(!auth_tag_matches(&byte, 0, &tag_key));
	ck_assert(!auth_tag_matches(&byte, WIRE_TRAILER_BYTES - 1, &tag_key));
	ck_assert(!auth_tag_matches(&byte, DATAGRAM_BYTES + 1, &tag_key));
	ck_assert(!auth_signature_matches(&byte, 0, &keys.public));
	ck_assert(!auth_signature_matches(&byte, WIRE_TRAILER_BYTES - 1, &keys.public));
	ck_assert(!auth_signature_matches(&byte, DATAGRAM_BYTES + 1, &keys.public));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("seal");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, the_cryptography_gives_the_known_answer);
	tcase_add_test(tests, a_plain_page_has_the_same_bytes_in_every_version);
	tcase_add_test(tests, tag_and_signature_of_a_sealed_datagram_match);
	tcase_add_test(tests, another_receiver_or_cluster_has_another_tag);
	tcase_add_test(tests, another_member_s_key_does_not_match_the_signature);
	tcase_add_test(tests,
	               every_flipped_bit_breaks_the_tag_and_every_one_of_the_body_the_signature);
	tcase_add_test(tests, lengths_no_datagram_can_have_are_refused_unread);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
