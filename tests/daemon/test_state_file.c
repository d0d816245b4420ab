/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon/state/state_file.c: what is encoded comes back, and what was cut, flipped or made up is
 * never taken for it.
 */
#include "daemon/state/state_file.h"

#include <check.h>
#include <sodium.h>
#include <stdlib.h>

#include "tests/daemon/durable.h"

static const struct state_owner owner = {0x1111, 0x2222};

START_TEST(what_is_encoded_is_decoded_to_the_same)
{
	uint8_t bytes[STATE_FILE_BYTES];
	struct durable before = durable_sample(7), after;
	struct state_owner whose;
	size_t length = state_file_encode(&owner, &before, bytes);

	ck_assert_int_eq(state_file_decode(bytes, length, &whose, &after, NULL), CODE_OK);
	durable_assert_same(&before, &after);
	ck_assert_uint_eq(whose.cluster, owner.cluster);
	ck_assert_uint_eq(whose.member, owner.member);
}
END_TEST

START_TEST(the_largest_state_fits)
{
	uint8_t bytes[STATE_FILE_BYTES];
	struct durable before = durable_sample(7), after;
	struct state_owner whose;

	before.voters.count = MEMBERS_MAX;
	for (uint8_t i = 0; i < MEMBERS_MAX; i++)
		before.voters.ids[i] = i + 1U;
	before.role_count = ROLES_MAX;
	for (uint8_t i = 0; i < ROLES_MAX; i++)
		before.roles[i] = (struct durable_role){.role = i + 1U};
	ck_assert_uint_eq(state_file_encode(&owner, &before, bytes), STATE_FILE_BYTES);
	ck_assert_int_eq(state_file_decode(bytes, STATE_FILE_BYTES, &whose, &after, NULL), CODE_OK);
	durable_assert_same(&before, &after);
}
END_TEST

START_TEST(a_cut_file_is_damaged_wherever_it_is_cut)
{
	uint8_t bytes[STATE_FILE_BYTES];
	struct durable before = durable_sample(7), after;
	struct state_owner whose;
	size_t length = state_file_encode(&owner, &before, bytes);

	for (size_t cut = 0; cut < length; cut++)
		ck_assert_int_eq(state_file_decode(bytes, cut, &whose, &after, NULL), CODE_DAMAGED);
}
END_TEST

START_TEST(a_flipped_bit_is_noticed_wherever_it_is)
{
	uint8_t bytes[STATE_FILE_BYTES];
	struct durable before = durable_sample(7), after;
	struct state_owner whose;
	size_t length = state_file_encode(&owner, &before, bytes);

	for (size_t bit = 0; bit < length * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		ck_assert_int_eq(state_file_decode(bytes, length, &whose, &after, NULL),
		                 CODE_DAMAGED);
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}
END_TEST

/* Writes `value` over one byte and makes the checksum right again. */
static enum code decode_with(size_t at, uint8_t value)
{
	uint8_t bytes[STATE_FILE_BYTES];
	struct durable before = durable_sample(7), after;
	struct state_owner whose;
	size_t length = state_file_encode(&owner, &before, bytes);

	ck_assert_uint_lt(at, length - STATE_FILE_SUM_BYTES);
	bytes[at] = value;
	(void)crypto_generichash(bytes + length - STATE_FILE_SUM_BYTES, STATE_FILE_SUM_BYTES, bytes,
	                         length - STATE_FILE_SUM_BYTES, NULL, 0);
	return state_file_decode(bytes, length, &whose, &after, NULL);
}

START_TEST(values_out_of_range_are_damage_even_with_a_right_checksum)
{
	const size_t body = STATE_FILE_HEAD_BYTES;
	const size_t roles = body + 26 + 3 * 8 + 1;

	ck_assert_int_eq(decode_with(body + 3, 7), CODE_OK);          /* as it was */
	ck_assert_int_eq(decode_with(body + 3, 0), CODE_DAMAGED);     /* incarnation 0 */
	ck_assert_int_eq(decode_with(body + 12, 0x80), CODE_DAMAGED); /* a negative promise */
	ck_assert_int_eq(decode_with(body + 20, 0x04), CODE_DAMAGED); /* an unknown flag */
	ck_assert_int_eq(decode_with(body + 25, 17), CODE_DAMAGED);   /* too many voters */
	ck_assert_int_eq(decode_with(body + 25, 2), CODE_DAMAGED);    /* fewer than there are */
	ck_assert_int_eq(decode_with(body + 33, 7), CODE_DAMAGED);    /* a voter twice */
	ck_assert_int_eq(decode_with(roles - 1, 65), CODE_DAMAGED);   /* too many roles */
	ck_assert_int_eq(decode_with(roles + 7, 42), CODE_DAMAGED);   /* a role twice */
	ck_assert_int_eq(decode_with(roles + 20, 2), CODE_DAMAGED);   /* wanted: neither */
	ck_assert_int_eq(decode_with(11, 1), CODE_DAMAGED);           /* length of the body */
}
END_TEST

START_TEST(another_version_is_not_damage)
{
	ck_assert_int_eq(decode_with(9, STATE_FILE_VERSION + 1), CODE_UNSUPPORTED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("state_file");
	TCase *tests = tcase_create("state_file");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, what_is_encoded_is_decoded_to_the_same);
	tcase_add_test(tests, the_largest_state_fits);
	tcase_add_test(tests, a_cut_file_is_damaged_wherever_it_is_cut);
	tcase_add_test(tests, a_flipped_bit_is_noticed_wherever_it_is);
	tcase_add_test(tests, values_out_of_range_are_damage_even_with_a_right_checksum);
	tcase_add_test(tests, another_version_is_not_damage);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
