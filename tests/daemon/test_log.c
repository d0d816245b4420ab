/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon/log.c: what a reader of the log sees, and that the writer never waits for him.
 */
#include "daemon/log.h"

#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct reader {
	int in, out; /* of a pipe: the test reads `in`, the log writes `out` */
	struct log *log;
	size_t length;
	char text[512 * 1024];
};

static struct reader *open_reader(enum note_level threshold, bool journal)
{
	struct reader *reader = calloc(1, sizeof *reader);
	struct error error;
	struct stat stat;
	char stream[64];
	int ends[2];

	ck_assert_ptr_nonnull(reader);
	ck_assert_int_eq(pipe(ends), 0);
	reader->in = ends[0];
	reader->out = ends[1];
	ck_assert_int_eq(fstat(reader->out, &stat), 0);
	(void)snprintf(stream, sizeof stream, "%" PRIu64 ":%" PRIu64, (uint64_t)stat.st_dev,
	               (uint64_t)stat.st_ino + !journal);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	ck_assert_int_eq(log_open(&reader->log, reader->out, threshold, &error), CODE_OK);
	return reader;
}

/* Closes the log and takes all it wrote. */
static const char *read_all(struct reader *reader)
{
	ssize_t got;

	log_close(reader->log);
	reader->log = NULL;
	ck_assert_int_eq(close(reader->out), 0);
	while ((got = read(reader->in, reader->text + reader->length,
	                   sizeof reader->text - 1 - reader->length)) > 0)
		reader->length += (size_t)got;
	return reader->text;
}

static void close_reader(struct reader *reader)
{
	(void)close(reader->in);
	free(reader);
}

static unsigned count_lines(const char *text)
{
	unsigned lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

START_TEST(a_line_has_time_level_and_text)
{
	struct reader *reader = open_reader(LEVEL_INFO, false);
	unsigned year, millisecond;
	char level[16], text[32];

	log_write(reader->log, LEVEL_WARNING, "hello %d", 7);
	ck_assert_int_eq(sscanf(read_all(reader), "%u-%*u-%*uT%*u:%*u:%*u.%uZ %15s %31[^\n]", &year,
	                        &millisecond, level, text),
	                 4);
	ck_assert_uint_ge(year, 2024);
	ck_assert_uint_lt(millisecond, 1000);
	ck_assert_str_eq(level, "warning");
	ck_assert_str_eq(text, "hello 7");
	close_reader(reader);
}
END_TEST

START_TEST(the_journal_gets_its_priority_and_no_time)
{
	struct reader *reader = open_reader(LEVEL_DEBUG, true);

	log_write(reader->log, LEVEL_ERROR, "a");
	log_write(reader->log, LEVEL_WARNING, "b");
	log_write(reader->log, LEVEL_INFO, "c");
	log_write(reader->log, LEVEL_DEBUG, "d");
	ck_assert_str_eq(read_all(reader), "<3>a\n<4>b\n<6>c\n<7>d\n");
	close_reader(reader);
}
END_TEST

START_TEST(lines_below_the_threshold_are_not_written)
{
	struct reader *reader = open_reader(LEVEL_WARNING, true);

	log_write(reader->log, LEVEL_INFO, "no");
	log_write(reader->log, LEVEL_WARNING, "yes");
	ck_assert_str_eq(read_all(reader), "<4>yes\n");
	close_reader(reader);
}
END_TEST

START_TEST(foreign_text_cannot_make_a_line_of_its_own)
{
	struct reader *reader = open_reader(LEVEL_INFO, true);

	log_write(reader->log, LEVEL_INFO, "said: %s", "a\n<3>b\033[2Jc");
	ck_assert_str_eq(read_all(reader), "<6>said: a <3>b [2Jc\n");
	close_reader(reader);
}
END_TEST

START_TEST(a_line_that_is_too_long_ends_in_dots)
{
	struct reader *reader = open_reader(LEVEL_INFO, true);
	char text[2000];
	const char *line;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_write(reader->log, LEVEL_INFO, "%s", text);
	line = read_all(reader);
	ck_assert_uint_eq(count_lines(line), 1);
	ck_assert_uint_lt(strlen(line), sizeof text);
	ck_assert_str_eq(line + strlen(line) - 4, "...\n");
	close_reader(reader);
}
END_TEST

START_TEST(a_reader_that_hangs_costs_lines_which_are_counted_and_never_waits)
{
	enum { LINES = 5000 };
	struct reader *reader = open_reader(LEVEL_INFO, true);
	uint64_t lost, told = 0;
	unsigned tellings = 0;
	const char *text;

	/* Nobody reads: the pipe is full after some hundred lines, then the queue. */
	for (unsigned i = 0; i < LINES; i++)
		log_write(reader->log, LEVEL_INFO, "%0200u", i);
	lost = log_dropped(reader->log);
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_lt(lost, LINES);
	/* Now somebody does, "<6>", 200 digits and a line end at a time. */
	while (reader->length < (LINES - lost) * 204) {
		ssize_t got = read(reader->in, reader->text + reader->length,
		                   sizeof reader->text - 1 - reader->length);
		ck_assert_int_gt(got, 0);
		reader->length += (size_t)got;
	}
	text = read_all(reader);
	for (const char *at = text; (at = strstr(at, "<4>log: ")) != NULL; at++) {
		uint64_t some = 0;

		ck_assert_int_eq(sscanf(at, "<4>log: %" SCNu64 " lines lost", &some), 1);
		told += some;
		tellings++;
	}
	ck_assert_uint_eq(told, lost);
	ck_assert_uint_eq(count_lines(text), LINES - lost + tellings);
	close_reader(reader);
}
END_TEST

/* Nothing more can be written until somebody reads. */
static void fill_pipe(const struct reader *reader)
{
	static const char junk[512];
	int flags = fcntl(reader->out, F_GETFL);

	ck_assert_int_eq(fcntl(reader->out, F_SETFL, flags | O_NONBLOCK), 0);
	while (write(reader->out, junk, sizeof junk) > 0 || write(reader->out, junk, 1) > 0)
		;
	ck_assert_int_eq(fcntl(reader->out, F_SETFL, flags), 0);
}

START_TEST(closing_gives_up_on_a_reader_that_hangs)
{
	struct reader *reader = open_reader(LEVEL_INFO, true);

	fill_pipe(reader);
	log_write(reader->log, LEVEL_INFO, "nobody reads this");
	/* The time-out of this test case is the assertion; log, thread and pipe stay behind. */
	log_close(reader->log);
	free(reader);
}
END_TEST

START_TEST(no_log_can_be_closed)
{
	log_close(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *tests = tcase_create("log");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, a_line_has_time_level_and_text);
	tcase_add_test(tests, the_journal_gets_its_priority_and_no_time);
	tcase_add_test(tests, lines_below_the_threshold_are_not_written);
	tcase_add_test(tests, foreign_text_cannot_make_a_line_of_its_own);
	tcase_add_test(tests, a_line_that_is_too_long_ends_in_dots);
	tcase_add_test(tests, a_reader_that_hangs_costs_lines_which_are_counted_and_never_waits);
	tcase_add_test(tests, closing_gives_up_on_a_reader_that_hangs);
	tcase_add_test(tests, no_log_can_be_closed);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
