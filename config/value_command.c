/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line to its words. The quoting is that of a shell, the rest is not: no variables, no
 * patterns, no pipes. What only a shell would understand is refused rather than passed on as a
 * word, so that `start = /bin/a && /bin/b` does not run for months as a command with strange
 * arguments.
 */
#include "config/value.h"

#include <string.h>

struct scan {
	const char *at;
	struct command command; /* words so far, and the one under way at its end */
	bool quoted;            /* some part of the word under way was */
	bool full;
};

static const char *const shell_words[] = {"|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>&1"};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void put(struct scan *scan, char c)
{
	if (scan->command.length >= sizeof scan->command.words)
		scan->full = true;
	else
		scan->command.words[scan->command.length++] = c;
}

/* From behind the opening quote to behind the closing one; false when there is none. */
static bool quoted_part(struct scan *scan, char quote)
{
	scan->quoted = true;
	for (; *scan->at != quote; scan->at++) {
		if (quote == '"' && *scan->at == '\\')
			scan->at++;
		if (*scan->at == '\0')
			return false;
		put(scan, *scan->at);
	}
	scan->at++;
	return true;
}

static enum code next_word(struct scan *scan, struct error *error)
{
	scan->quoted = false;
	while (*scan->at != '\0' && !is_blank(*scan->at)) {
		char c = *scan->at++;
		if (c == '\'' || c == '"') {
			if (!quoted_part(scan, c))
				return error_set(
				    error, CODE_INVALID,
				    "a quote %c is opened but not closed; note that a ';' "
				    "behind a blank begins a comment, even in quotes",
				    c);
			continue;
		}
		if (c == '\\') {
			if (*scan->at == '\0')
				return error_set(error, CODE_INVALID,
				                 "the line ends with a backslash; a command "
				                 "cannot go on in the next line");
			scan->quoted = true;
			c = *scan->at++;
		}
		put(scan, c);
	}
	put(scan, '\0');
	return CODE_OK;
}

static enum code check_word(const struct scan *scan, const char *word, struct error *error)
{
	for (size_t i = 0; !scan->quoted && i < sizeof shell_words / sizeof *shell_words; i++)
		if (strcmp(word, shell_words[i]) == 0)
			return error_set(
			    error, CODE_INVALID,
			    "'%s' means nothing here, for no shell reads the command; put "
			    "it in quotes, or write /bin/sh -c \"...\"",
			    word);
	if (scan->command.word_count == 0 && *word != '/')
		return error_set(error, CODE_INVALID,
		                 "'%s' is not an absolute path; commands are not looked up",
		                 excerpt_of(word).text);
	return CODE_OK;
}

enum code value_command(const char *text, struct command *command, struct error *error)
{
	struct scan scan;
	memset(&scan, 0, sizeof scan);
	scan.at = text + strspn(text, " \t");
	while (*scan.at != '\0') {
		const char *word = scan.command.words + scan.command.length;
		enum code code = next_word(&scan, error);
		if (code == CODE_OK && scan.full)
			return error_set(
			    error, CODE_TOO_LARGE,
			    "the command is longer than %d characters; put it into a script",
			    CONFIG_COMMAND_BYTES - 1);
		if (code == CODE_OK)
			code = check_word(&scan, word, error);
		if (code != CODE_OK)
			return code;
		if (scan.command.word_count == CONFIG_WORDS_MAX)
			return error_set(error, CODE_TOO_LARGE,
			                 "the command has more than %d words; put it into a script",
			                 CONFIG_WORDS_MAX);
		scan.command.word_count++;
		scan.at += strspn(scan.at, " \t");
	}
	if (scan.command.word_count == 0)
		return error_set(error, CODE_INVALID, "there is no command");
	memcpy(command, &scan.command, sizeof *command);
	return CODE_OK;
}
