/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parsers of single values accept, and that a refusal leaves the output alone. The
 * sentences of refusals are in the golden files.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "config/print.h"
#include "config/text.h"
#include "config/value.h"

static const struct {
	const char *text;
	int64_t ns;
	const char *printed;
} spans[] = {
    {"0", 0, "0"},
    {"0s", 0, "0"},
    {"1us", 1000, "1us"},
    {"200ms", 200 * 1000000LL, "200ms"},
    {"2s", 2000 * 1000000LL, "2s"},
    {"2000ms", 2000 * 1000000LL, "2s"},
    {"90s", 90000 * 1000000LL, "90s"},
    {"15m", 900000 * 1000000LL, "15m"},
    {"24h", 86400000 * 1000000LL, "24h"},
    {"10000h", 36000000000 * 1000000LL, "10000h"},
    {"0000000002s", 2000 * 1000000LL, "2s"},
};

START_TEST(duration_is_a_number_with_a_unit)
{
	struct error error;
	struct span span = {-1};
	char text[SPAN_TEXT_BYTES];
	ck_assert_int_eq(value_span(spans[_i].text, &span, &error), CODE_OK);
	ck_assert_int_eq(span.ns, spans[_i].ns);
	span_text(span, text);
	ck_assert_str_eq(text, spans[_i].printed);
}
END_TEST

static const char *const bad_spans[] = {
    "",    " ",   "2",   "s",    "2 s",  "2S",     "1e3s",         "0x2s",
    "2s ", "+2s", "-2s", "2ms3", "1.5s", "10001h", "36000000001s", "9999999999h"};

START_TEST(refused_duration_leaves_the_output_alone)
{
	struct error error;
	struct span span = {-1};
	ck_assert_int_eq(value_span(bad_spans[_i], &span, &error), CODE_INVALID);
	ck_assert_int_eq(span.ns, -1);
	ck_assert_int_eq(value_span(bad_spans[_i], &span, NULL), CODE_INVALID);
}
END_TEST

static const struct {
	const char *text, *printed;
	uint8_t family;
} addresses[] = {
    {"10.0.0.11", "10.0.0.11", AF_INET},
    {"127.0.0.1", "127.0.0.1", AF_INET},
    {"2001:db8::11", "2001:db8::11", AF_INET6},
    {"2001:DB8:0:0:0:0:0:11", "2001:db8::11", AF_INET6},
    {"::1", "::1", AF_INET6},
};

START_TEST(address_is_read_and_printed_in_its_shortest_form)
{
	struct error error;
	struct address address;
	char text[ADDRESS_TEXT_BYTES];
	ck_assert_int_eq(value_address(addresses[_i].text, &address, &error), CODE_OK);
	ck_assert_uint_eq(address.family, addresses[_i].family);
	address_format(&address, text);
	ck_assert_str_eq(text, addresses[_i].printed);
}
END_TEST

START_TEST(refused_address_leaves_the_output_alone)
{
	struct error error;
	struct address address = {.family = 77};
	uint8_t prefix = 77;
	ck_assert_int_eq(value_address("10.0.0", &address, &error), CODE_INVALID);
	ck_assert_int_eq(value_network("10.0.0.1/33", &address, &prefix, &error), CODE_INVALID);
	ck_assert_int_eq(value_network("10.0.0.0/24", &address, &prefix, &error), CODE_INVALID);
	ck_assert_uint_eq(address.family, 77);
	ck_assert_uint_eq(prefix, 77);
}
END_TEST

START_TEST(network_may_be_a_single_host_or_a_pair)
{
	struct error error;
	struct address address;
	uint8_t prefix;
	ck_assert_int_eq(value_network("10.0.0.0/31", &address, &prefix, &error), CODE_OK);
	ck_assert_int_eq(value_network("10.0.0.255/32", &address, &prefix, &error), CODE_OK);
	ck_assert_uint_eq(prefix, 32);
	ck_assert_int_eq(value_network("2001:db8::5/64", &address, &prefix, &error), CODE_OK);
	ck_assert_uint_eq(prefix, 64);
}
END_TEST

START_TEST(key_is_printed_as_it_was_read)
{
	struct error error;
	static const char text[] = "W63ugvYOMQEzJgFXS76qPgBQRE6WoXALhZnA9xcaJj0=";
	struct public_key key;
	char printed[KEY_TEXT_BYTES];
	ck_assert_int_eq(value_key(text, &key, &error), CODE_OK);
	key_format(&key, printed);
	ck_assert_str_eq(printed, text);
}
END_TEST

START_TEST(key_with_loose_bits_or_blanks_is_refused)
{
	struct error error;
	struct public_key key;
	ck_assert_int_eq(value_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=", &key, &error),
	                 CODE_INVALID);
	ck_assert_int_eq(value_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8 ", &key, &error),
	                 CODE_INVALID);
	ck_assert_ptr_null(strstr(error.text, "AAEC"));
}
END_TEST

static const struct {
	const char *text;
	uint8_t count;
	const char *words; /* separated by '|' */
} commands[] = {
    {"/bin/a", 1, "/bin/a|"},
    {"  /bin/a\t b  c ", 3, "/bin/a|b|c|"},
    {"/bin/a 'b c' \"d e\" f\\ g", 4, "/bin/a|b c|d e|f g|"},
    {"/bin/a b'c'\"d\"e", 2, "/bin/a|bcde|"},
    {"/bin/a '' \"\"", 3, "/bin/a|||"},
    {"/bin/a 'it\\n' \"a\\\"b\\\\c\"", 3, "/bin/a|it\\n|a\"b\\c|"},
    {"/bin/a '&&' \\> \";\" 'a;b' a\\&b a#b", 7, "/bin/a|&&|>|;|a;b|a&b|a#b|"},
    {"'/opt/x y/a' $HOME *", 3, "/opt/x y/a|$HOME|*|"},
};

static bool same_words(const struct command *command, const char *words)
{
	for (uint16_t i = 0; i < command->length; i++)
		if ((command->words[i] == '\0' ? '|' : command->words[i]) != words[i])
			return false;
	return words[command->length] == '\0';
}

START_TEST(command_is_split_into_words_like_by_a_shell_without_expansion)
{
	struct error error;
	struct command command, again;
	struct text text;
	ck_assert_int_eq(value_command(commands[_i].text, &command, &error), CODE_OK);
	ck_assert_uint_eq(command.word_count, commands[_i].count);
	ck_assert(same_words(&command, commands[_i].words));
	text_clear(&text);
	ck_assert(command_format(&command, &text));
	ck_assert_int_eq(value_command(text.bytes, &again, &error), CODE_OK);
	ck_assert_mem_eq(&again, &command, sizeof again);
}
END_TEST

START_TEST(what_only_a_shell_understands_is_refused_wherever_it_stands)
{
	static const char *const texts[] = {
	    "/bin/a >file", "/bin/a 2>x",  "/bin/a a>b",   "/bin/a &>x",     "/bin/a b;",
	    "/bin/a;",      "/bin/a|/b",   "/bin/a&",      "/bin/a x&&y",    "/bin/a `date`",
	    "/bin/a x`y`",  "/bin/a $(b)", "/bin/a x$(b)", "/bin/a # later", "/bin/a #",
	    "/bin/a <in",   "/bin/a <<<x", "/bin/a 'x'>y", "/bin/a x\\ y|b", "/bin/a \\>x>y",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct command command;
		struct error error = {0};
		ck_assert_msg(value_command(texts[i], &command, &error) == CODE_INVALID,
		              "%s is taken", texts[i]);
		ck_assert_msg(strstr(error.text, "no shell reads the command") != NULL, "%s",
		              error.text);
	}
}
END_TEST

START_TEST(what_is_probably_not_meant_in_a_command_is_doubted)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {"/bin/a $HOME", "the $ in '$HOME'"},
	    {"/bin/a --x=${Y}", "the $ in '--x=${Y}'"},
	    {"/bin/a \"$HOME/x\"", "the $ in '$HOME/x'"},
	    {"/bin/a \"`date`\"", "the ` in '`date`'"},
	    {"/bin/a \"$(date)\"", "the $ in '$(date)'"},
	    {"/bin/a *.conf", "the * in '*.conf'"},
	    {"/bin/a file?", "the ? in 'file?'"},
	    {"/bin/a ~/x", "the ~ in '~/x'"},
	    {"/bin/a \u201cx", "looks like a quote"},
	    {"/bin/a \u2019x", "looks like a quote"},
	    {"/bin/a \u2013port", "looks like a dash"},
	    {"/bin/a \u2014port", "looks like a dash"},
	    {"/bin/a\u00a0b", "looks like a blank"},
	    {"/bin/a x\u202fy", "looks like a blank"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct command command;
		struct error doubt, error;
		ck_assert_int_eq(value_command_doubted(cases[i].text, &command, &doubt, &error),
		                 CODE_OK);
		ck_assert_msg(doubt.code != CODE_OK, "%s is not doubted", cases[i].text);
		ck_assert_msg(strstr(doubt.text, cases[i].says) != NULL, "%s", doubt.text);
	}
}
END_TEST

START_TEST(what_is_quoted_or_for_a_shell_is_not_doubted)
{
	static const char *const texts[] = {
	    "/bin/a '$HOME' '*' \\$x",
	    "/bin/sh -c \"echo $HOME `date` $(date) > /tmp/x\"",
	    "/bin/a cost$ 10$ \"a$\"",
	    "/bin/a 'K\u00f6ln \u2013 Bonn' M\u00fcnchen a~b",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct command command;
		struct error doubt, error;
		ck_assert_int_eq(value_command_doubted(texts[i], &command, &doubt, &error),
		                 CODE_OK);
		ck_assert_msg(doubt.code == CODE_OK, "%s", doubt.text);
	}
}
END_TEST

START_TEST(blanks_are_no_command)
{
	struct error error;
	struct command command;
	ck_assert_int_eq(value_command(" \t", &command, &error), CODE_INVALID);
	ck_assert_str_eq(error.text, "no command is given");
	struct error doubt;
	ck_assert_int_eq(value_environment(" \t", &command, &doubt, &error), CODE_INVALID);
	ck_assert_str_eq(error.text, "no variable is given");
}
END_TEST

START_TEST(longest_command_is_accepted_and_one_more_byte_is_not)
{
	struct error error;
	char text[CONFIG_COMMAND_BYTES + 1];
	struct command command = {.word_count = 77};
	memset(text, 'a', sizeof text);
	text[0] = '/';
	text[sizeof text - 1] = '\0';
	ck_assert_int_eq(value_command(text, &command, &error), CODE_TOO_LARGE);
	ck_assert_uint_eq(command.word_count, 77);
	text[sizeof text - 2] = '\0';
	ck_assert_int_eq(value_command(text, &command, &error), CODE_OK);
	ck_assert_uint_eq(command.length, CONFIG_COMMAND_BYTES);
}
END_TEST

START_TEST(command_with_32_words_is_accepted_and_with_33_it_is_not)
{
	struct error error;
	char text[CONFIG_WORDS_MAX * 2 + 2];
	struct command command;
	for (size_t i = 0; i <= CONFIG_WORDS_MAX; i++)
		memcpy(text + 2 * i, "/ ", 2);
	text[sizeof text - 1] = '\0';
	ck_assert_int_eq(value_command(text, &command, &error), CODE_TOO_LARGE);
	text[2 * CONFIG_WORDS_MAX] = '\0';
	ck_assert_int_eq(value_command(text, &command, &error), CODE_OK);
	ck_assert_uint_eq(command.word_count, CONFIG_WORDS_MAX);
}
END_TEST

/* Words of random characters that mean something to the parser, printed and read again. */
START_TEST(random_commands_survive_printing)
{
	struct error error;
	static const char alphabet[] = "ab/ '\"\\;#|&<>\t=[]\xc3";
	unsigned seed = (unsigned)_i;
	for (int round = 0; round < 200; round++) {
		struct command command = {.word_count = 2, .length = 3}, again;
		struct text text;
		memcpy(command.words, "/", 2);
		for (int length = rand_r(&seed) % 12; length > 1; length--)
			command.words[command.length++ - 1] =
			    alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
		text_clear(&text);
		command_format(&command, &text);
		ck_assert_msg(strstr(text.bytes, " ;") == NULL, "seed %d: %s", _i, text.bytes);
		ck_assert_msg(value_command(text.bytes, &again, &error) == CODE_OK,
		              "seed %d: %s: %s", _i, text.bytes, error.text);
		ck_assert_uint_eq(again.length, command.length);
		ck_assert_mem_eq(again.words, command.words, command.length);
	}
}
END_TEST

START_TEST(restart_is_a_number_within_a_time_or_none)
{
	struct error error;
	uint8_t times = 77;
	struct span window = {77};
	ck_assert_int_eq(value_restart("3/15m", &times, &window, &error), CODE_OK);
	ck_assert_uint_eq(times, 3);
	ck_assert_int_eq(window.ns, span_ms(15 * 60 * 1000).ns);
	ck_assert_int_eq(value_restart("3/", &times, &window, &error), CODE_INVALID);
	ck_assert_int_eq(value_restart("4/15", &times, &window, &error), CODE_INVALID);
	ck_assert_uint_eq(times, 3);
	ck_assert_int_eq(value_restart("none", &times, &window, &error), CODE_OK);
	ck_assert_uint_eq(times, 0);
	ck_assert_int_eq(window.ns, 0);
	ck_assert_int_eq(value_restart("0", &times, &window, &error), CODE_OK);
}
END_TEST

START_TEST(name_has_at_most_31_characters)
{
	struct error error;
	char name[NAME_BYTES] = "before";
	ck_assert_int_eq(value_name("a-B_3.x@15", name, &error), CODE_OK);
	ck_assert_str_eq(name, "a-B_3.x@15");
	ck_assert_int_eq(value_name("0123456789012345678901234567890", name, &error), CODE_OK);
	ck_assert_int_eq(value_name("01234567890123456789012345678901", name, &error),
	                 CODE_TOO_LARGE);
	ck_assert_int_eq(value_name("Grüße", name, &error), CODE_INVALID);
	ck_assert_int_eq(value_name("", name, &error), CODE_INVALID);
	ck_assert_str_eq(name, "0123456789012345678901234567890");
}
END_TEST

START_TEST(number_has_bounds)
{
	struct error error;
	uint32_t number = 77;
	ck_assert_int_eq(value_number("4294967295", 0, UINT32_MAX, &number, &error), CODE_OK);
	ck_assert_uint_eq(number, UINT32_MAX);
	ck_assert_int_eq(value_number("4294967296", 0, UINT32_MAX, &number, &error), CODE_INVALID);
	ck_assert_int_eq(value_number("", 0, 9, &number, &error), CODE_INVALID);
	ck_assert_int_eq(value_number("0x1", 0, 9, &number, &error), CODE_INVALID);
	ck_assert_uint_eq(number, UINT32_MAX);
}
END_TEST

START_TEST(excerpt_ends_before_a_character_and_not_in_it)
{
	char text[128] = "";
	for (size_t i = 0; i < 60; i++)
		memcpy(text + 2 * i, "ü", sizeof "ü");
	struct excerpt excerpt = excerpt_of(text);
	ck_assert_uint_eq(strlen(excerpt.text), 63);
	ck_assert_str_eq(excerpt.text + 60, "...");
	text[63] = '\0';
	ck_assert_str_eq(excerpt_of(text).text, text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("value");
	TCase *cases = tcase_create("value");
	tcase_add_loop_test(cases, duration_is_a_number_with_a_unit, 0,
	                    sizeof spans / sizeof *spans);
	tcase_add_loop_test(cases, refused_duration_leaves_the_output_alone, 0,
	                    sizeof bad_spans / sizeof *bad_spans);
	tcase_add_loop_test(cases, address_is_read_and_printed_in_its_shortest_form, 0,
	                    sizeof addresses / sizeof *addresses);
	tcase_add_test(cases, refused_address_leaves_the_output_alone);
	tcase_add_test(cases, network_may_be_a_single_host_or_a_pair);
	tcase_add_test(cases, key_is_printed_as_it_was_read);
	tcase_add_test(cases, key_with_loose_bits_or_blanks_is_refused);
	tcase_add_loop_test(cases, command_is_split_into_words_like_by_a_shell_without_expansion, 0,
	                    sizeof commands / sizeof *commands);
	tcase_add_test(cases, what_only_a_shell_understands_is_refused_wherever_it_stands);
	tcase_add_test(cases, what_is_probably_not_meant_in_a_command_is_doubted);
	tcase_add_test(cases, what_is_quoted_or_for_a_shell_is_not_doubted);
	tcase_add_test(cases, blanks_are_no_command);
	tcase_add_test(cases, longest_command_is_accepted_and_one_more_byte_is_not);
	tcase_add_test(cases, command_with_32_words_is_accepted_and_with_33_it_is_not);
	tcase_add_loop_test(cases, random_commands_survive_printing, 0, 20);
	tcase_add_test(cases, restart_is_a_number_within_a_time_or_none);
	tcase_add_test(cases, name_has_at_most_31_characters);
	tcase_add_test(cases, number_has_bounds);
	tcase_add_test(cases, excerpt_ends_before_a_character_and_not_in_it);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
