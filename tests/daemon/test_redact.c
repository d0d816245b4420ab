/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets taken out of a stream, however it is cut.
 */
#include "daemon/fence/redact.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OUT_BYTES = 4096 };

struct out {
	char text[OUT_BYTES];
	size_t length;
};

static void collect(void *context, const char *bytes, size_t length)
{
	struct out *out = context;
	ck_assert_uint_lt(out->length + length, sizeof out->text);
	memcpy(out->text + out->length, bytes, length);
	out->length += length;
	out->text[out->length] = '\0';
}

/* Feeds `text` in pieces of `step` bytes. */
static void expect(const char *const secrets[], const char *text, size_t step, const char *expected)
{
	struct out out = {.length = 0};
	struct redact mask;
	redact_init(&mask, collect, &out);
	for (size_t i = 0; secrets[i] != NULL; i++)
		redact_hide(&mask, secrets[i]);
	for (size_t length = strlen(text); length > 0;) {
		size_t piece = length < step ? length : step;
		redact_feed(&mask, text, piece);
		text += piece;
		length -= piece;
	}
	redact_end(&mask);
	ck_assert_str_eq(out.text, expected);
}

START_TEST(secrets_become_stars_however_the_stream_is_cut)
{
	static const char *const secrets[] = {"secret", "aab", NULL};
	size_t step = (size_t)_i;
	expect(secrets, "nothing here\n", step, "nothing here\n");
	expect(secrets, "secret", step, "***");
	expect(secrets, "a secret!", step, "a ***!");
	expect(secrets, "secretsecret", step, "******");
	expect(secrets, "sesecret", step, "se***");
	expect(secrets, "aaab", step, "a***");
	expect(secrets, "secre t", step, "secre t");
	expect(secrets, "aasecret", step, "aa***");
}
END_TEST

START_TEST(longer_of_two_secrets_is_hidden_whole)
{
	static const char *const secrets[] = {"pass", "password", "word", NULL};
	size_t step = (size_t)_i;
	expect(secrets, "password ", step, "*** ");
	expect(secrets, "passwor ", step, "***wor ");
	expect(secrets, "pass ", step, "*** ");
	expect(secrets, "passwword", step, "***w***");
}
END_TEST

START_TEST(beginning_of_a_secret_at_the_end_is_hidden_too)
{
	static const char *const secrets[] = {"secret", NULL};
	expect(secrets, "it is secre", 3, "it is ***");
	expect(secrets, "it is\n", 3, "it is\n");
}
END_TEST

START_TEST(without_secrets_everything_passes)
{
	static const char *const secrets[] = {NULL};
	expect(secrets, "all of it", 2, "all of it");
}
END_TEST

/* What comes out is what a search and replacement of the whole text would give. */
START_TEST(random_streams_are_masked_like_whole_texts)
{
	const char *given = getenv("MASK_SEED");
	unsigned seed = given == NULL ? (unsigned)time(NULL) : (unsigned)strtoul(given, NULL, 10);
	printf("MASK_SEED=%u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 20000; round++) {
		char secret[5] = "", text[64] = "", expected[256] = "";
		const char *const secrets[] = {secret, NULL};
		size_t secret_length = 1 + (size_t)random() % 4, used = 0;
		for (size_t i = 0; i < secret_length; i++)
			secret[i] = "ab"[random() % 2];
		for (size_t i = 0; i < 40; i++)
			text[i] = "abc"[random() % 3];
		text[40] = '.'; /* so that nothing is held at the end */
		for (const char *at = text; *at != '\0';) {
			if (strncmp(at, secret, secret_length) == 0) {
				memcpy(expected + used, "***", 3);
				used += 3;
				at += secret_length;
			} else
				expected[used++] = *at++;
		}
		expect(secrets, text, 1 + (size_t)random() % 9, expected);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mask");
	TCase *tcase = tcase_create("mask");
	tcase_add_loop_test(tcase, secrets_become_stars_however_the_stream_is_cut, 1, 10);
	tcase_add_loop_test(tcase, longer_of_two_secrets_is_hidden_whole, 1, 10);
	tcase_add_test(tcase, beginning_of_a_secret_at_the_end_is_hidden_too);
	tcase_add_test(tcase, without_secrets_everything_passes);
	tcase_add_test(tcase, random_streams_are_masked_like_whole_texts);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
