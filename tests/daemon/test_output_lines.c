/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output of children on its way to the log.
 */
#include "daemon/resource/output_lines.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct shown {
	unsigned count;
	uint64_t left_out;
	char last[LINES_LENGTH_MAX + 8];
};

static void show(void *context, const char *line, uint64_t left_out)
{
	struct shown *shown = context;
	shown->count++;
	shown->left_out += left_out;
	ck_assert_uint_lt(strlen(line), sizeof shown->last);
	memcpy(shown->last, line, strlen(line) + 1);
}

static const struct instant NOW = {5000000000};

static void feed(struct output_lines *lines, const char *text)
{
	output_lines_feed(lines, text, strlen(text), NOW);
}

START_TEST(a_line_may_come_in_pieces_and_the_last_without_its_end)
{
	struct shown shown = {.count = 0};
	struct output_lines lines;
	output_lines_init(&lines, show, &shown);
	feed(&lines, "hel");
	feed(&lines, "lo\r\nwor");
	ck_assert_uint_eq(shown.count, 1);
	ck_assert_str_eq(shown.last, "hello");
	feed(&lines, "ld");
	output_lines_end(&lines, NOW);
	output_lines_end(&lines, NOW);
	ck_assert_uint_eq(shown.count, 2);
	ck_assert_str_eq(shown.last, "world");
}
END_TEST

START_TEST(bytes_that_steer_a_terminal_are_not_passed_on)
{
	struct shown shown = {.count = 0};
	struct output_lines lines;
	output_lines_init(&lines, show, &shown);
	feed(&lines, "\x1b[2Jt\tx\x7f\x01 \xc3\xa4\n");
	ck_assert_str_eq(shown.last, "?[2Jt\tx?? \xc3\xa4");
}
END_TEST

START_TEST(a_line_without_end_is_cut_and_marked)
{
	struct shown shown = {.count = 0};
	struct output_lines lines;
	output_lines_init(&lines, show, &shown);
	for (int i = 0; i < 3 * LINES_LENGTH_MAX; i++)
		feed(&lines, "x");
	feed(&lines, "\n");
	ck_assert_uint_eq(shown.count, 1);
	ck_assert_uint_eq(strlen(shown.last), LINES_LENGTH_MAX + 3);
	ck_assert_str_eq(shown.last + LINES_LENGTH_MAX, "...");
}
END_TEST

START_TEST(of_lines_beyond_the_rate_the_last_are_shown_and_the_others_counted)
{
	struct shown shown = {.count = 0};
	struct output_lines lines;
	output_lines_init(&lines, show, &shown);
	for (int i = 0; i < LINES_PER_SECOND + LINES_TAIL + 7; i++)
		feed(&lines, "x\n");
	ck_assert_uint_eq(shown.count, LINES_PER_SECOND);
	output_lines_feed(&lines, "later\n", 6, instant_plus(NOW, span_ms(1000)));
	ck_assert_uint_eq(shown.count, LINES_PER_SECOND + LINES_TAIL + 1);
	ck_assert_uint_eq(shown.left_out, 7);
	ck_assert_str_eq(shown.last, "later");
}
END_TEST

START_TEST(the_last_line_of_a_child_that_says_too_much_is_shown_at_its_end)
{
	struct shown shown = {.count = 0};
	struct output_lines lines;
	output_lines_init(&lines, show, &shown);
	for (int i = 0; i < 1000; i++)
		feed(&lines, "x\n");
	feed(&lines, "cannot bind to port 80\n \n");
	ck_assert_str_eq(shown.last, "x");
	output_lines_end(&lines, NOW);
	ck_assert_str_eq(shown.last, " ");
	ck_assert_str_eq(lines.last, "cannot bind to port 80");
	ck_assert_uint_eq(shown.count, LINES_PER_SECOND + LINES_TAIL);
	ck_assert_uint_eq(shown.left_out, 1002 - LINES_PER_SECOND - LINES_TAIL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lines");
	TCase *all = tcase_create("all");
	tcase_add_test(all, a_line_may_come_in_pieces_and_the_last_without_its_end);
	tcase_add_test(all, bytes_that_steer_a_terminal_are_not_passed_on);
	tcase_add_test(all, a_line_without_end_is_cut_and_marked);
	tcase_add_test(all, of_lines_beyond_the_rate_the_last_are_shown_and_the_others_counted);
	tcase_add_test(all, the_last_line_of_a_child_that_says_too_much_is_shown_at_its_end);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
