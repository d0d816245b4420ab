/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written before a host is rebooted, and read after. The reboot itself is played: this
 * program has no way to the real one.
 */
#include "daemon/self_fencing/reboot_reason.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/platform/reboot.h"

/* What the platform was asked for; its functions have no other way to the test. */
static struct played {
	bool disk_hangs;
	unsigned reboots;
	char path[FILE_PATH_BYTES];
	char text[LASTWORDS_TEXT_BYTES];
} played;

static char directory[] = "/tmp/failoverd-lastwords-XXXXXX";

enum code platform_last_words(const char *path, const char *text, struct span limit,
                              struct error *error)
{
	ck_assert_uint_eq(played.reboots, 0); /* before, not after */
	ck_assert_int_le(limit.ns, span_ms(200).ns);
	snprintf(played.path, sizeof played.path, "%s", path);
	snprintf(played.text, sizeof played.text, "%s", text);
	if (played.disk_hangs)
		return error_set(error, CODE_TIMEOUT, "%s: the disk does not answer", path);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	return CODE_OK;
}

enum code platform_reboot_now(struct error *error)
{
	played.reboots++;
	return error_set(error, CODE_DENIED, "this host cannot be rebooted: played");
}

static void begin(void)
{
	memset(&played, 0, sizeof played);
	snprintf(directory, sizeof directory, "/tmp/failoverd-lastwords-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void end(void)
{
	char command[FILE_PATH_BYTES];
	static const char *const names[] = {"last-escalation", "last-escalation.told"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(command, sizeof command, "%s/%s", directory, names[i]);
		unlink(command);
	}
	ck_assert_int_eq(rmdir(directory), 0);
}

static void write_and_reboot(const char *why)
{
	char path[FILE_PATH_BYTES];
	struct error error;
	ck_assert_int_eq(reboot_reason_path(path, directory, NULL), CODE_OK);
	ck_assert_int_eq(reboot_reason_and_reboot(path, why, &error), CODE_DENIED);
	ck_assert_ptr_nonnull(strstr(error.text, "this host cannot be rebooted"));
}

START_TEST(the_reason_is_written_before_the_reboot)
{
	write_and_reboot("web: still up");
	ck_assert_uint_eq(played.reboots, 1);
	ck_assert_str_eq(played.text, "web: still up");
}
END_TEST

START_TEST(a_disk_that_hangs_does_not_keep_it_from_rebooting)
{
	played.disk_hangs = true;
	write_and_reboot("web: still up");
	ck_assert_uint_eq(played.reboots, 1);
}
END_TEST

START_TEST(the_next_life_tells_it_once_and_remembers_it)
{
	struct reboot_reason words;
	reboot_reason_recall(&words, directory);
	ck_assert(!words.known && !words.fresh);
	write_and_reboot("web: still up\nsecond line");
	reboot_reason_recall(&words, directory);
	ck_assert(words.known && words.fresh);
	ck_assert_str_eq(words.text, "web: still up");
	ck_assert_uint_eq(strlen(words.date), strlen("2026-11-21T12:00:00Z"));
	reboot_reason_recall(&words, directory);
	ck_assert(words.known && !words.fresh);
	ck_assert_str_eq(words.text, "web: still up");
}
END_TEST

START_TEST(the_newest_reason_counts)
{
	struct reboot_reason words;
	write_and_reboot("first");
	reboot_reason_recall(&words, directory);
	played.reboots = 0;
	write_and_reboot("second");
	reboot_reason_recall(&words, directory);
	ck_assert(words.fresh);
	ck_assert_str_eq(words.text, "second");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lastwords");
	TCase *tcase = tcase_create("lastwords");
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, the_reason_is_written_before_the_reboot);
	tcase_add_test(tcase, a_disk_that_hangs_does_not_keep_it_from_rebooting);
	tcase_add_test(tcase, the_next_life_tells_it_once_and_remembers_it);
	tcase_add_test(tcase, the_newest_reason_counts);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
