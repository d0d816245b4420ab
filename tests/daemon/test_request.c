/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon/control/request.c and daemon/control/verdict_text.c: lines of the control socket, and
 * verdicts as sentences.
 */
#include "daemon/control/request.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/verdict_text.h"

static enum code parse(const char *line, struct control_request *request, struct error *error)
{
	return request_parse(line, strlen(line), request, error);
}

START_TEST(a_whole_request_is_understood)
{
	struct control_request request;

	ck_assert_int_eq(parse("{\"verb\":\"move\",\"role\":\"ledger\",\"node\":\"beta\","
	                       "\"timeout_ms\":1500}",
	                       &request, NULL),
	                 CODE_OK);
	ck_assert_str_eq(request.verb, "move");
	ck_assert_str_eq(request.role, "ledger");
	ck_assert_str_eq(request.node, "beta");
	ck_assert_int_eq(request.limit.ns, span_ms(1500).ns);
}
END_TEST

START_TEST(only_the_verb_has_to_be_there)
{
	struct control_request request;

	ck_assert_int_eq(parse(" { \"verb\" : \"status\" } \r", &request, NULL), CODE_OK);
	ck_assert_str_eq(request.role, "");
	ck_assert_str_eq(request.node, "");
	ck_assert_int_gt(request.limit.ns, 0);
}
END_TEST

static const struct garbage {
	const char *line;
	const char *says;
} garbage[] = {
    {"", "not a line of JSON"},
    {"status", "not a line of JSON"},
    {"{\"verb\":\"status\"", "not a line of JSON"},
    {"[1,2]", "expected an object"},
    {"null", "expected an object"},
    {"{}", "no \"verb\""},
    {"{\"verb\":7}", "\"verb\": expected a word"},
    {"{\"verb\":\"\"}", "\"verb\": expected a word"},
    {"{\"verb\":\"abcdefghijklmnop\"}", "\"verb\": expected a word"},
    {"{\"verb\":\"move\",\"role\":[]}", "\"role\": expected a name"},
    {"{\"verb\":\"move\",\"role\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", "\"role\": expected"},
    {"{\"verb\":\"move\",\"node\":null}", "\"node\": expected a name"},
    {"{\"verb\":\"move\",\"timeout_ms\":0}", "\"timeout_ms\": expected milliseconds"},
    {"{\"verb\":\"move\",\"timeout_ms\":-5}", "\"timeout_ms\": expected milliseconds"},
    {"{\"verb\":\"move\",\"timeout_ms\":1e99}", "\"timeout_ms\": expected milliseconds"},
    {"{\"verb\":\"move\",\"timeout_ms\":\"1\"}", "\"timeout_ms\": expected milliseconds"},
    {"{\"verb\":\"move\",\"force\":true}", "\"force\" is unknown"},
    {"{\"verb\":\"status\"} {}", "is followed by"},
};

START_TEST(garbage_gets_a_sentence_that_names_it)
{
	struct control_request request = {.verb = "same"};
	struct error error;

	ck_assert_int_eq(parse(garbage[_i].line, &request, &error), CODE_INVALID);
	ck_assert_msg(strstr(error.text, garbage[_i].says) != NULL, "%s: %s", garbage[_i].line,
	              error.text);
	ck_assert_str_eq(request.verb, "same");
}
END_TEST

START_TEST(a_zero_byte_is_garbage)
{
	static const char line[] = "{\"verb\":\"status\0ly\"}";
	struct control_request request;

	ck_assert_int_eq(request_parse(line, sizeof line - 1, &request, NULL), CODE_INVALID);
}
END_TEST

static void fill_setup(struct setup *setup)
{
	memset(setup, 0, sizeof *setup);
	setup->member_count = 2;
	(void)snprintf(setup->members[0].name, NAME_BYTES, "alpha");
	(void)snprintf(setup->members[1].name, NAME_BYTES, "beta");
	setup->members[0].id = 1;
	setup->members[1].id = 2;
	setup->role_count = 1;
	(void)snprintf(setup->roles[0].name, NAME_BYTES, "ledger");
	setup->roles[0].id = 3;
}

START_TEST(every_verdict_on_every_command_is_a_sentence)
{
	struct setup setup;

	fill_setup(&setup);
	for (int kind = 0; kind < REQUEST_KINDS; kind++) {
		const struct answer_about about = {
		    .kind = (enum request_kind)kind, .target = 1, .limit = span_ms(30000)};
		const struct answer answer = {.verdict = (enum verdict)_i, .detail = UNFIT_PAUSED};
		char text[ANSWER_TEXT_BYTES] = "";

		verdict_text(&setup, &about, &answer, text);
		ck_assert_uint_gt(strlen(text), 10);
		ck_assert_uint_lt(strlen(text), ANSWER_TEXT_BYTES - 1);
	}
}
END_TEST

START_TEST(a_refused_target_is_named_with_what_to_do)
{
	const struct answer_about about = {.kind = REQUEST_MOVE, .target = NO_MEMBER};
	struct answer answer = {.verdict = VERDICT_PAUSED, .target = 2};
	struct setup setup;
	char text[ANSWER_TEXT_BYTES];

	fill_setup(&setup);
	verdict_text(&setup, &about, &answer, text);
	ck_assert_str_eq(text, "beta is paused; `failoverd resume beta` first, or choose another "
	                       "node");
	answer.verdict = VERDICT_UNFIT;
	answer.detail = 200; /* of a later version */
	verdict_text(&setup, &about, &answer, text);
	ck_assert_str_eq(text, "beta cannot take ledger: it is not ready");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("request");
	TCase *tests = tcase_create("request");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, a_whole_request_is_understood);
	tcase_add_test(tests, only_the_verb_has_to_be_there);
	tcase_add_loop_test(tests, garbage_gets_a_sentence_that_names_it, 0,
	                    sizeof garbage / sizeof garbage[0]);
	tcase_add_test(tests, a_zero_byte_is_garbage);
	tcase_add_loop_test(tests, every_verdict_on_every_command_is_a_sentence, 0, VERDICTS);
	tcase_add_test(tests, a_refused_target_is_named_with_what_to_do);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
