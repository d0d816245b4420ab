/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last words of a host on a real disk. Nothing here reboots anything: that is tested in virtual
 * machines.
 */
#include "daemon/platform/reboot.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/platform/platform.h"

enum { PATH_BYTES = 128 };

static char directory[] = "/tmp/failoverd-reboot-XXXXXX";
static char path[PATH_BYTES];

static void begin(void)
{
	snprintf(directory, sizeof directory, "/tmp/failoverd-reboot-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/words", directory);
}

static void end(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(directory), 0);
}

static const char *content(char text[PATH_BYTES])
{
	FILE *file = fopen(path, "r");
	size_t length = file == NULL ? 0 : fread(text, 1, PATH_BYTES - 1, file);
	text[length] = '\0';
	if (file != NULL)
		fclose(file);
	return text;
}

START_TEST(last_words_replace_those_before)
{
	char text[PATH_BYTES];
	struct stat facts;
	ck_assert_int_eq(platform_last_words(path, "a long reason", span_ms(5000), NULL), CODE_OK);
	ck_assert_str_eq(content(text), "a long reason");
	ck_assert_int_eq(platform_last_words(path, "shorter", span_ms(5000), NULL), CODE_OK);
	ck_assert_str_eq(content(text), "shorter");
	ck_assert_int_eq(stat(path, &facts), 0);
	ck_assert_uint_eq(facts.st_mode & 0777, 0600);
}
END_TEST

START_TEST(last_words_leave_no_process_behind)
{
	ck_assert_int_eq(platform_last_words(path, "words", span_ms(5000), NULL), CODE_OK);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* A pipe that nobody reads cannot be opened for writing: as good as a disk that hangs. */
START_TEST(a_disk_that_hangs_is_not_waited_for)
{
	struct error error;
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	struct instant begin = platform_now();
	ck_assert_int_eq(platform_last_words(path, "words", span_ms(100), &error), CODE_TIMEOUT);
	ck_assert_int_lt(instant_since(platform_now(), begin).ns, span_ms(2000).ns);
	ck_assert_ptr_nonnull(strstr(error.text, "the disk does not answer"));
	FILE *reader = fopen(path, "r"); /* lets the child go */
	fclose(reader);
}
END_TEST

START_TEST(no_link_is_followed)
{
	struct error error;
	char elsewhere[PATH_BYTES];
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", directory);
	ck_assert_int_eq(symlink(elsewhere, path), 0);
	ck_assert_int_eq(platform_last_words(path, "words", span_ms(5000), &error), CODE_SYSTEM);
	ck_assert_ptr_nonnull(strstr(error.text, path));
	ck_assert_int_eq(access(elsewhere, F_OK), -1);
}
END_TEST

START_TEST(a_place_that_does_not_exist_is_told)
{
	struct error error;
	ck_assert_int_eq(platform_last_words("/nowhere/words", "words", span_ms(5000), &error),
	                 CODE_SYSTEM);
	ck_assert_str_eq(error.text, "/nowhere/words: No such file or directory");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reboot");
	TCase *tcase = tcase_create("reboot");
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, last_words_replace_those_before);
	tcase_add_test(tcase, last_words_leave_no_process_behind);
	tcase_add_test(tcase, a_disk_that_hangs_is_not_waited_for);
	tcase_add_test(tcase, no_link_is_followed);
	tcase_add_test(tcase, a_place_that_does_not_exist_is_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
