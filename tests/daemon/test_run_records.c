/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of what runs: what is written comes back, what is damaged is never believed.
 */
#include "daemon/resource/run_records.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/value.h"

enum { FOUND_MAX = 8 };

struct found {
	unsigned count;
	char names[FOUND_MAX][LEFTOVER_NAME_BYTES];
	struct leftover items[FOUND_MAX];
	bool forgets;
	const char *directory;
};

static enum code collect(void *context, const char *name, const struct leftover *leftover,
                         struct error *error)
{
	struct found *found = context;
	(void)error;
	ck_assert_uint_lt(found->count, FOUND_MAX);
	snprintf(found->names[found->count], LEFTOVER_NAME_BYTES, "%s", name);
	found->items[found->count++] = *leftover;
	if (found->forgets)
		leftover_forget_file(found->directory, name);
	return CODE_OK;
}

static void make_directory(char directory[64])
{
	snprintf(directory, 64, "/tmp/failoverd-left-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

/* Every byte is set, so that every byte must come back. */
static struct leftover sample(void)
{
	struct leftover leftover;
	memset(&leftover, 0, sizeof leftover);
	leftover.kind = LEFTOVER_SCRIPT;
	snprintf(leftover.resource, sizeof leftover.resource, "db.main@1");
	snprintf(leftover.role, sizeof leftover.role, "ledger");
	leftover.epoch = 1234567890123;
	memset(leftover.boot.bytes, 0xa5, sizeof leftover.boot.bytes);
	leftover.child.pid = 4711;
	leftover.child.started = 98765;
	snprintf(leftover.child.group, sizeof leftover.child.group, "/sys/fs/cgroup/a b%%c\nd");
	ck_assert_int_eq(value_network("10.9.0.100/24", &leftover.address.address,
	                               &leftover.address.prefix, NULL),
	                 CODE_OK);
	snprintf(leftover.address.interface, sizeof leftover.address.interface, "eth0");
	ck_assert_int_eq(value_command("/bin/sh -c 'exit 0' ''", &leftover.stop, NULL), CODE_OK);
	struct error doubt;
	ck_assert_int_eq(
	    value_environment("A=1 'B=two words' C=", &leftover.environment, &doubt, NULL),
	    CODE_OK);
	leftover.stop_timeout = span_ms(30000);
	snprintf(leftover.user, sizeof leftover.user, "postgres");
	snprintf(leftover.directory, sizeof leftover.directory, "/var/lib/\xc3\xa4");
	return leftover;
}

static void write_sample(const char *directory, const char *what, const struct leftover *leftover)
{
	struct error error;
	enum code code = leftover_write(directory, what, leftover, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
}

static void read_all(const char *directory, struct found *found)
{
	struct error error;
	found->count = 0;
	found->directory = directory;
	enum code code = run_records_read(directory, collect, found, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
}

START_TEST(what_was_written_comes_back_whole)
{
	char directory[64];
	struct found found = {.count = 0};
	struct leftover written = sample();
	make_directory(directory);
	write_sample(directory, "script", &written);
	read_all(directory, &found);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_str_eq(found.names[0], "left.script.db.main@1");
	ck_assert_mem_eq(&found.items[0], &written, sizeof written);
	leftover_forget(directory, "script", "db.main@1");
	ck_assert_int_eq(rmdir(directory), 0); /* and nothing else was left beside it */
}
END_TEST

START_TEST(what_stands_behind_the_end_of_a_text_is_not_written)
{
	char directory[64];
	struct found found = {.count = 0};
	struct leftover written = sample(), expected = sample();
	make_directory(directory);
	memset(written.child.group + strlen(written.child.group) + 1, 0x5a, 64);
	write_sample(directory, "script", &written);
	read_all(directory, &found);
	ck_assert_mem_eq(&found.items[0], &expected, sizeof expected);
	leftover_forget(directory, "script", "db.main@1");
	rmdir(directory);
}
END_TEST

START_TEST(a_later_record_of_the_same_task_replaces_the_earlier)
{
	char directory[64];
	struct found found = {.count = 0, .forgets = true};
	struct leftover written = sample();
	make_directory(directory);
	write_sample(directory, "start", &written);
	write_sample(directory, "stop", &written);
	written.epoch++;
	write_sample(directory, "start", &written);
	read_all(directory, &found);
	ck_assert_uint_eq(found.count, 2);
	ck_assert_uint_eq(found.items[0].epoch + found.items[1].epoch, 2 * written.epoch - 1);
	read_all(directory, &found);
	ck_assert_uint_eq(found.count, 0);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

START_TEST(a_directory_that_does_not_exist_has_no_leftovers)
{
	struct found found = {.count = 0};
	read_all("/tmp/failoverd-no-such-directory", &found);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(a_record_that_cannot_be_written_is_an_error_that_says_what_to_do)
{
	struct error error;
	struct leftover written = sample();
	ck_assert_int_eq(
	    leftover_write("/tmp/failoverd-no-such-directory", "start", &written, &error),
	    CODE_SYSTEM);
	ck_assert_ptr_nonnull(strstr(error.text, "--run-dir"));
}
END_TEST

static size_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, size);
	ck_assert_int_gt(length, 0);
	close(fd);
	return (size_t)length;
}

static void write_file(const char *path, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
	close(fd);
}

START_TEST(a_record_cut_short_is_damaged_and_named)
{
	char directory[64], path[128], text[8192];
	struct found found = {.count = 0};
	struct leftover written = sample();
	struct error error;
	make_directory(directory);
	write_sample(directory, "script", &written);
	snprintf(path, sizeof path, "%s/left.script.db.main@1", directory);
	size_t length = read_file(path, text, sizeof text);
	for (size_t cut = 0; cut + 1 < length; cut++) {
		write_file(path, text, cut);
		ck_assert_msg(run_records_read(directory, collect, &found, &error) == CODE_DAMAGED,
		              "cut at %zu", cut);
	}
	ck_assert_ptr_nonnull(strstr(error.text, path));
	ck_assert_ptr_nonnull(strstr(error.text, "resource db.main@1"));
	ck_assert_uint_eq(found.count, 0);
	unlink(path);
	rmdir(directory);
}
END_TEST

static unsigned count_words(const struct command *command)
{
	unsigned count = 0;
	for (size_t i = 0; i < command->length; i++)
		count += command->words[i] == '\0';
	return count;
}

/* No checksum guards these files, which never leave memory; but no byte may make the reader
 * misbehave or hand out a record that breaks its own rules. */
START_TEST(a_record_with_a_changed_byte_is_refused_or_sound)
{
	char directory[64], path[128], text[8192];
	struct leftover written = sample();
	struct error error;
	make_directory(directory);
	write_sample(directory, "script", &written);
	snprintf(path, sizeof path, "%s/left.script.db.main@1", directory);
	size_t length = read_file(path, text, sizeof text);
	static const char changes[] = {'\0', '\n', ' ', '9', 'z', '%', '\xff', '-'};
	for (size_t i = 0; i < length; i++) {
		char before = text[i];
		for (size_t j = 0; j < sizeof changes; j++) {
			struct found found = {.count = 0};
			text[i] = changes[j];
			write_file(path, text, length);
			if (run_records_read(directory, collect, &found, &error) == CODE_OK) {
				ck_assert_uint_lt(found.items[0].kind, LEFTOVER_KINDS);
				ck_assert_uint_le(found.items[0].stop.length, CONFIG_COMMAND_BYTES);
				ck_assert_uint_eq(count_words(&found.items[0].stop),
				                  found.items[0].stop.word_count);
				ck_assert_uint_lt(strnlen(found.items[0].resource, NAME_BYTES),
				                  NAME_BYTES);
			}
		}
		text[i] = before;
	}
	unlink(path);
	rmdir(directory);
}
END_TEST

START_TEST(other_files_of_the_directory_are_left_alone)
{
	char directory[64], path[128];
	struct found found = {.count = 0};
	make_directory(directory);
	snprintf(path, sizeof path, "%s/new-left", directory);
	write_file(path, "half a rec", 10);
	read_all(directory, &found);
	ck_assert_uint_eq(found.count, 0);
	unlink(path);
	snprintf(path, sizeof path, "%s/control", directory);
	write_file(path, "x", 1);
	read_all(directory, &found);
	ck_assert_uint_eq(found.count, 0);
	unlink(path);
	rmdir(directory);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("leftovers");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 30);
	tcase_add_test(all, what_was_written_comes_back_whole);
	tcase_add_test(all, what_stands_behind_the_end_of_a_text_is_not_written);
	tcase_add_test(all, a_later_record_of_the_same_task_replaces_the_earlier);
	tcase_add_test(all, a_directory_that_does_not_exist_has_no_leftovers);
	tcase_add_test(all, a_record_that_cannot_be_written_is_an_error_that_says_what_to_do);
	tcase_add_test(all, a_record_cut_short_is_damaged_and_named);
	tcase_add_test(all, a_record_with_a_changed_byte_is_refused_or_sound);
	tcase_add_test(all, other_files_of_the_directory_are_left_alone);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
