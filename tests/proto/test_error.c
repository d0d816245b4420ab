/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proto/error.c: a code for the program, a sentence for the person.
 */
#include "proto/error.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(setting_an_error_returns_its_code)
{
	struct error error;

	ck_assert_int_eq(error_set(&error, CODE_DENIED, "open %s: no", "x"), CODE_DENIED);
	ck_assert_int_eq(error.code, CODE_DENIED);
	ck_assert_str_eq(error.text, "open x: no");
}
END_TEST

START_TEST(a_caller_without_an_error_still_gets_the_code)
{
	ck_assert_int_eq(error_set(NULL, CODE_DENIED, "%d", 1), CODE_DENIED);
}
END_TEST

START_TEST(wrapping_puts_words_before_and_keeps_the_code)
{
	struct error error;

	error_set(&error, CODE_INVALID, "lease: 2 has no unit");
	ck_assert_int_eq(error_wrap(&error, "line %d", 7), CODE_INVALID);
	ck_assert_str_eq(error.text, "line 7: lease: 2 has no unit");
}
END_TEST

START_TEST(a_text_too_long_ends_early_with_its_zero)
{
	struct error error;
	char longer[2 * ERROR_TEXT_BYTES];

	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	error_set(&error, CODE_INVALID, "%s", longer);
	ck_assert_uint_eq(strlen(error.text), ERROR_TEXT_BYTES - 1);
	error_wrap(&error, "%s", "in front");
	ck_assert_uint_eq(strlen(error.text), ERROR_TEXT_BYTES - 1);
	ck_assert_int_eq(strncmp(error.text, "in front: xxx", 13), 0);
	error_wrap(&error, "%s", longer);
	ck_assert_uint_eq(strlen(error.text), ERROR_TEXT_BYTES - 1);
}
END_TEST

START_TEST(a_text_one_byte_too_long_loses_just_that_byte)
{
	struct error error;
	char text[ERROR_TEXT_BYTES - 4] = "";

	memset(text, 'x', sizeof text - 1);
	error_set(&error, CODE_INVALID, "%s", text);
	error_wrap(&error, "abc");
	ck_assert_uint_eq(strlen(error.text), ERROR_TEXT_BYTES - 1);
	ck_assert_str_eq(error.text + 5, text + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("error");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, setting_an_error_returns_its_code);
	tcase_add_test(tests, a_caller_without_an_error_still_gets_the_code);
	tcase_add_test(tests, wrapping_puts_words_before_and_keeps_the_code);
	tcase_add_test(tests, a_text_too_long_ends_early_with_its_zero);
	tcase_add_test(tests, a_text_one_byte_too_long_loses_just_that_byte);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
