/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses, against what the C library reads and writes: any bytes, and texts that are nearly
 * addresses. A failure prints the seed; ADDRESS_SEED plays it again.
 */
#include "config/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TIMES = 200000, TEXT_MAX = 24 };

static_assert((int)ADDRESS_IPV4 == AF_INET && (int)ADDRESS_IPV6 == AF_INET6, "for this test");

static uint64_t state;

static uint32_t any(uint32_t below)
{
	state = state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(state >> 33) % below;
}

static void seed(void)
{
	const char *given = getenv("ADDRESS_SEED");
	state = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("ADDRESS_SEED=%llu\n", (unsigned long long)state);
	fflush(stdout);
}

static void expect_same_reading(const char *text)
{
	struct address address;
	uint8_t bytes[ADDRESS_BYTES] = {0};
	bool is_v6 = strchr(text, ':') != NULL;
	bool right = inet_pton(is_v6 ? AF_INET6 : AF_INET, text, bytes) == 1;
	ck_assert_msg(address_read(text, &address) == right, "%s", text);
	if (right)
		ck_assert_msg(memcmp(address.bytes, bytes, sizeof bytes) == 0, "%s", text);
}

START_TEST(any_address_is_written_as_the_c_library_writes_it_and_read_back)
{
	seed();
	for (unsigned i = 0; i < TIMES; i++) {
		struct address address = {.family = i % 4 == 0 ? ADDRESS_IPV4 : ADDRESS_IPV6};
		struct address read;
		char text[ADDRESS_TEXT_BYTES], right[ADDRESS_TEXT_BYTES];
		size_t length = address.family == ADDRESS_IPV4 ? 4 : 16;
		for (size_t b = 0; b < length; b++)
			address.bytes[b] = any(3) == 0 ? (uint8_t)any(256) : 0;
		if (any(8) == 0)
			memcpy(address.bytes + 10, "\xff\xff", length == 16 ? 2 : 0);
		address_format(&address, text);
		ck_assert(inet_ntop(address.family, address.bytes, right, sizeof right) != NULL);
		/* Of glibc alone: the deprecated ::1.2.3.4, for which RFC 5952 has no dots. */
		bool is_dotted = strncmp(right, "::", 2) == 0 && strchr(right, '.') != NULL &&
		                 strncmp(right, "::ffff:", 7) != 0;
		ck_assert_msg(is_dotted || strcmp(text, right) == 0, "%s, not %s", text, right);
		ck_assert(address_read(text, &read) && memcmp(&read, &address, sizeof read) == 0);
	}
}
END_TEST

START_TEST(what_is_nearly_an_address_is_one_if_the_c_library_reads_it)
{
	static const char characters[] = "::::..0011259aFfg /%";
	seed();
	for (unsigned i = 0; i < TIMES; i++) {
		char text[TEXT_MAX + 1] = "";
		uint32_t length = any(TEXT_MAX);
		for (uint32_t c = 0; c < length; c++)
			text[c] = characters[any(sizeof characters - 1)];
		expect_same_reading(text);
	}
}
END_TEST

START_TEST(a_changed_address_is_one_if_the_c_library_reads_it)
{
	static const char *const texts[] = {"::",
	                                    "::1",
	                                    "1::",
	                                    "fe80::1:0:0:2",
	                                    "1:2:3:4:5:6:7:8",
	                                    "::ffff:10.0.0.1",
	                                    "1:2:3:4:5:6:1.2.3.4",
	                                    "10.0.0.255",
	                                    "255.255.255.255",
	                                    "1::8:255.255.255.255",
	                                    "1:2:3:4:5:6:7::",
	                                    "::2:3:4:5:6:7:8"};
	static const char characters[] = ":.0129af";
	seed();
	for (unsigned i = 0; i < TIMES; i++) {
		char text[64];
		size_t where;
		snprintf(text, sizeof text, "%s", texts[any(sizeof texts / sizeof *texts)]);
		expect_same_reading(text);
		where = any((uint32_t)strlen(text));
		if (any(2) == 0)
			memmove(text + where, text + where + 1, strlen(text + where));
		else
			memmove(text + where + 1, text + where, strlen(text + where) + 1);
		if (text[where] != '\0')
			text[where] = characters[any(sizeof characters - 1)];
		expect_same_reading(text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("address");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, any_address_is_written_as_the_c_library_writes_it_and_read_back);
	tcase_add_test(tests, what_is_nearly_an_address_is_one_if_the_c_library_reads_it);
	tcase_add_test(tests, a_changed_address_is_one_if_the_c_library_reads_it);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
