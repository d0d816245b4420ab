/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line to its words. The quoting is that of a shell, the rest is not: no variables, no
 * patterns, no pipes. What only a shell would understand is refused wherever it stands, rather than
 * passed on as part of a word, so that `start = /bin/a && /bin/b` does not run for months as a
 * command with strange arguments. What may be meant as it stands, such as a `*`, is doubted.
 */
#include "config/value.h"

#include <string.h>

struct scan {
	const char *at;
	struct command command; /* words so far, and the one under way at its end */
	bool full;
	bool is_list;          /* of variables: no word is a program */
	bool has_script;       /* a word -c went before: what is quoted behind it is for a shell */
	const char *shell;     /* what only a shell understands; NULL: nothing */
	const char *suspect;   /* what a shell would have replaced; NULL: nothing */
	const char *lookalike; /* what looks like a sign of the syntax and is none; NULL: nothing */
};

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

/* What a shell acts on wherever it stands outside of quotes. */
static const char *const shell_signs[] = {">", "<", "|", ";", "&", "`", "$("};

/* What would be a quote, a dash or a blank if a text editor had not improved it. */
static const struct lookalike {
	const char *first, *last; /* of a range, in UTF-8 */
	const char *name;
} lookalikes[] = {
    {"\xc2\xa0", "\xc2\xa0", "a blank"},         {"\xc2\xab", "\xc2\xab", "a quote"},
    {"\xc2\xbb", "\xc2\xbb", "a quote"},         {"\xe2\x80\x80", "\xe2\x80\x8b", "a blank"},
    {"\xe2\x80\x90", "\xe2\x80\x95", "a dash"},  {"\xe2\x80\x98", "\xe2\x80\x9f", "a quote"},
    {"\xe2\x80\xaf", "\xe2\x80\xaf", "a blank"}, {"\xe2\x88\x92", "\xe2\x88\x92", "a dash"},
    {"\xe3\x80\x80", "\xe3\x80\x80", "a blank"},
};

static const char *sign_at(const char *at)
{
	for (size_t i = 0; i < sizeof shell_signs / sizeof *shell_signs; i++)
		if (strncmp(at, shell_signs[i], strlen(shell_signs[i])) == 0)
			return shell_signs[i];
	return NULL;
}

static const char *lookalike_at(const char *at)
{
	for (size_t i = 0; i < sizeof lookalikes / sizeof *lookalikes; i++) {
		const size_t length = strlen(lookalikes[i].first);

		if (strncmp(at, lookalikes[i].first, length) >= 0 &&
		    strncmp(at, lookalikes[i].last, length) <= 0)
			return lookalikes[i].name;
	}
	return NULL;
}

/* A variable of a shell begins here. */
static bool is_variable(const char *at)
{
	return at[0] == '$' && at[1] != '\0' &&
	       strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789{@*#?$!-",
	              at[1]) != NULL;
}

/* Looks at a character outside of quotes, before it is taken. */
static void judge_plain(struct scan *scan, bool is_first)
{
	const char *at = scan->at;

	if (scan->shell == NULL)
		scan->shell = is_first && *at == '#' ? "#" : sign_at(at);
	if (scan->suspect == NULL && is_variable(at))
		scan->suspect = "$";
	if (scan->suspect == NULL && strchr("*?[", *at) != NULL)
		scan->suspect = *at == '*' ? "*" : *at == '?' ? "?" : "[";
	if (scan->suspect == NULL && is_first && *at == '~')
		scan->suspect = "~";
	if (scan->lookalike == NULL)
		scan->lookalike = lookalike_at(at);
}

/* The same within double quotes, where a shell would still replace some things. */
static void judge_quoted(struct scan *scan)
{
	if (scan->suspect != NULL || scan->has_script)
		return;
	if (is_variable(scan->at) || strncmp(scan->at, "$(", 2) == 0)
		scan->suspect = "$";
	else if (*scan->at == '`')
		scan->suspect = "`";
}

/* From behind the opening quote to behind the closing one; false when there is none. */
static bool quoted_part(struct scan *scan, char quote)
{
	for (; *scan->at != quote; scan->at++) {
		if (quote == '"' && *scan->at == '\\')
			scan->at++;
		else if (quote == '"')
			judge_quoted(scan);
		if (*scan->at == '\0')
			return false;
		put(scan, *scan->at);
	}
	scan->at++;
	return true;
}

static enum code next_word(struct scan *scan, struct error *error)
{
	const char *const begin = scan->at;
	while (*scan->at != '\0' && !is_blank(*scan->at)) {
		if (strchr("'\"\\", *scan->at) == NULL)
			judge_plain(scan, scan->at == begin);
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
			c = *scan->at++;
		}
		put(scan, c);
	}
	put(scan, '\0');
	return CODE_OK;
}

static enum code check_word(const struct scan *scan, const char *word, struct error *error)
{
	if (scan->shell != NULL)
		return error_set(error, CODE_INVALID,
		                 "the %s in '%s' means nothing here, for no shell reads the "
		                 "command; put it in quotes, or write /bin/sh -c \"...\"",
		                 scan->shell, excerpt_of(word).text);
	if (scan->command.word_count == 0 && *word != '/' && !scan->is_list)
		return error_set(error, CODE_INVALID,
		                 "'%s' is not an absolute path; commands are not looked up",
		                 excerpt_of(word).text);
	return CODE_OK;
}

/* What may be meant as it stands: a warning. Only the first of a command is reported. */
static void doubt_word(const struct scan *scan, const char *word, struct error *doubt)
{
	if (doubt->code != CODE_OK)
		return;
	if (scan->lookalike != NULL)
		(void)error_set(doubt, CODE_INVALID,
		                "in '%s' stands what looks like %s and is another character; put "
		                "the word in quotes if that is meant",
		                excerpt_of(word).text, scan->lookalike);
	else if (scan->suspect != NULL)
		(void)error_set(doubt, CODE_INVALID,
		                "the %s in '%s' is handed to the program as it stands, for no "
		                "shell reads the command; put the word in single quotes if that is "
		                "meant, or write /bin/sh -c '...'",
		                scan->suspect, excerpt_of(word).text);
}

static enum code add_word(struct scan *scan, struct error *doubt, struct error *error)
{
	const char *word = scan->command.words + scan->command.length;
	scan->shell = scan->suspect = scan->lookalike = NULL;
	enum code code = next_word(scan, error);
	if (code == CODE_OK && scan->full)
		return error_set(error, CODE_TOO_LARGE,
		                 "the command is longer than %d characters; put it into a script",
		                 CONFIG_COMMAND_BYTES - 1);
	if (code == CODE_OK)
		code = check_word(scan, word, error);
	if (code != CODE_OK)
		return code;
	if (scan->command.word_count == CONFIG_WORDS_MAX)
		return error_set(error, CODE_TOO_LARGE,
		                 "the command has more than %d words; put it into a script",
		                 CONFIG_WORDS_MAX);
	doubt_word(scan, word, doubt);
	scan->has_script = scan->has_script || strcmp(word, "-c") == 0;
	scan->command.word_count++;
	return CODE_OK;
}

enum code value_command(const char *text, struct command *command, struct error *error)
{
	struct error doubt;
	return value_command_doubted(text, command, &doubt, error);
}

static enum code take_words(struct scan *scan, const char *text, struct error *doubt,
                            struct error *error)
{
	doubt->code = CODE_OK;
	scan->at = text + strspn(text, " \t");
	while (*scan->at != '\0') {
		enum code code = add_word(scan, doubt, error);
		if (code != CODE_OK)
			return code;
		scan->at += strspn(scan->at, " \t");
	}
	return CODE_OK;
}

enum code value_command_doubted(const char *text, struct command *command, struct error *doubt,
                                struct error *error)
{
	struct scan scan;
	memset(&scan, 0, sizeof scan);
	enum code code = take_words(&scan, text, doubt, error);
	if (code != CODE_OK)
		return code;
	if (scan.command.word_count == 0)
		return error_set(error, CODE_INVALID, "no command is given");
	memcpy(command, &scan.command, sizeof *command);
	return CODE_OK;
}

static enum code check_variable(const struct command *list, const char *word, struct error *error)
{
	static const char signs[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	const size_t length = strcspn(word, "=");
	const char *other = list->words;
	if (word[length] != '=' || strspn(word, signs) != length || length == 0 ||
	    (word[0] >= '0' && word[0] <= '9'))
		return error_set(error, CODE_INVALID,
		                 "'%s' is not of the form NAME=value; a name has letters, digits "
		                 "and '_'; put a value with blanks in quotes",
		                 excerpt_of(word).text);
	if (strncmp(word, "FAILOVERD_", strlen("FAILOVERD_")) == 0)
		return error_set(error, CODE_INVALID,
		                 "'%s' is reserved: names that begin with FAILOVERD_ are set by "
		                 "failoverd",
		                 excerpt_of(word).text);
	for (; other != word; other += strlen(other) + 1)
		if (strncmp(other, word, length + 1) == 0)
			return error_set(error, CODE_INVALID, "'%s' sets a name twice",
			                 excerpt_of(word).text);
	return CODE_OK;
}

enum code value_environment(const char *text, struct command *list, struct error *doubt,
                            struct error *error)
{
	struct scan scan;
	memset(&scan, 0, sizeof scan);
	scan.is_list = true;
	enum code code = take_words(&scan, text, doubt, error);
	const char *word = scan.command.words;
	for (uint8_t i = 0; code == CODE_OK && i < scan.command.word_count; i++) {
		code = check_variable(&scan.command, word, error);
		word += strlen(word) + 1;
	}
	if (code == CODE_OK && scan.command.word_count == 0)
		return error_set(error, CODE_INVALID, "no variable is given");
	if (code == CODE_OK)
		memcpy(list, &scan.command, sizeof *list);
	return code;
}
