/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a watchdog device says of files that are none. Real devices are tested in virtual machines,
 * where they may reset something.
 */
#include "daemon/platform/watchdog.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *path;
	enum code code;
	const char *says;
} strangers[] = {
    {"/nowhere/watchdog", CODE_NOT_FOUND, "/nowhere/watchdog: cannot look at it"},
    {"/etc/passwd", CODE_INVALID, "/etc/passwd is not a device"},
    {"/dev", CODE_INVALID, "/dev is not a device"},
    {"/dev/null", CODE_INVALID, "/dev/null is not a watchdog"},
};

/* Fault 62: the watchdog device is missing, or is none. */
START_TEST(what_is_no_watchdog_is_told)
{
	struct watchdog_facts facts = {.identity = "untouched"};
	struct error error;
	ck_assert_int_eq(platform_watchdog_look(strangers[_i].path, &facts, &error),
	                 strangers[_i].code);
	ck_assert_msg(strstr(error.text, strangers[_i].says) != NULL, "%s", error.text);
	ck_assert_str_eq(facts.identity, "untouched");
}
END_TEST

START_TEST(what_is_no_watchdog_is_not_opened)
{
	struct watchdog_device device;
	struct span armed = {-1};
	struct error error;
	platform_watchdog_init(&device, strangers[_i].path);
	ck_assert_int_eq(platform_watchdog_arm(&device, span_ms(2000), &armed, &error),
	                 strangers[_i].code);
	ck_assert_int_eq(device.fd, -1);
	ck_assert_int_eq(armed.ns, -1);
	platform_watchdog_abandon(&device);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watchdog_device");
	TCase *tcase = tcase_create("watchdog_device");
	int count = (int)(sizeof strangers / sizeof *strangers);
	tcase_add_loop_test(tcase, what_is_no_watchdog_is_told, 0, count);
	tcase_add_loop_test(tcase, what_is_no_watchdog_is_not_opened, 0, count);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
