/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of one word: durations, numbers, names, paths, restart limits. Every sentence quotes what
 * was found and shows what would do. Knows no sections or keys; addresses are in value_address.c,
 * command lines in value_command.c.
 */
#include "config/value.h"

#include <stddef.h>
#include <string.h>

#include "config/print.h"

enum {
	SPAN_DIGITS_MAX = 10,   /* so that no unit below can overflow 64 bits */
	SPAN_HOURS_MAX = 10000, /* a year and a bit: longer is a slip of the pen */
	WINDOW_HOURS_MAX = 24,
};

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char digits[] = "0123456789";

struct excerpt excerpt_of(const char *text)
{
	struct excerpt excerpt = {""};
	size_t length = strlen(text);
	if (length < sizeof excerpt.text) {
		memcpy(excerpt.text, text, length);
		return excerpt;
	}
	length = sizeof excerpt.text - sizeof "...";
	while (length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80)
		length--; /* not in the middle of a character */
	memcpy(excerpt.text, text, length);
	memcpy(excerpt.text + length, "...", sizeof "...");
	return excerpt;
}

static const struct unit {
	const char *word;
	int64_t ns;
} units[] = {
    {"us", 1000},
    {"ms", 1000 * 1000},
    {"s", 1000 * 1000 * 1000},
    {"m", 60LL * 1000 * 1000 * 1000},
    {"h", 3600LL * 1000 * 1000 * 1000},
};

static const struct unit *unit_of(const char *word)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(units[i].word, word) == 0)
			return &units[i];
	return NULL;
}

/* Digits only, and few enough for the caller's arithmetic. */
static int64_t number_of(const char *text, size_t length)
{
	int64_t number = 0;
	for (size_t i = 0; i < length; i++)
		number = number * 10 + (text[i] - '0');
	return number;
}

enum code value_span(const char *text, struct span *span, struct error *error)
{
	size_t length = strspn(text, digits);
	const char *word = text + length;
	struct excerpt found = excerpt_of(text);
	if (length == 0)
		return error_set(error, CODE_INVALID,
		                 "'%s' is not a duration; expected a whole number and a unit, "
		                 "such as 200ms, 2s or 15m",
		                 found.text);
	if (strcmp(text, "0") == 0) {
		span->ns = 0;
		return CODE_OK;
	}
	if (*word == '\0')
		return error_set(error, CODE_INVALID, "'%s' has no unit; write %sms, %ss or %sm",
		                 found.text, found.text, found.text, found.text);
	if (*word == '.' || *word == ',')
		return error_set(error, CODE_INVALID,
		                 "'%s' is not a whole number; use a smaller unit, such as 1500ms",
		                 found.text);
	const struct unit *unit = unit_of(word);
	if (unit == NULL)
		return error_set(error, CODE_INVALID,
		                 "'%s' has no known unit; expected us, ms, s, m or h", found.text);
	const int64_t longest = units[4].ns * SPAN_HOURS_MAX;
	if (length > SPAN_DIGITS_MAX || number_of(text, length) > longest / unit->ns)
		return error_set(error, CODE_INVALID,
		                 "'%s' is longer than %dh, the longest there is", found.text,
		                 SPAN_HOURS_MAX);
	span->ns = number_of(text, length) * unit->ns;
	return CODE_OK;
}

enum code value_number(const char *text, uint32_t low, uint32_t high, uint32_t *value,
                       struct error *error)
{
	size_t length = strlen(text);
	bool is_number = length > 0 && strspn(text, digits) == length;
	int64_t number = is_number && length <= 10 ? number_of(text, length) : -1;
	if (number < low || number > high)
		return error_set(error, CODE_INVALID, "'%s' is not a whole number from %u to %u",
		                 excerpt_of(text).text, low, high);
	*value = (uint32_t)number;
	return CODE_OK;
}

enum code value_bool(const char *text, bool *value, struct error *error)
{
	bool yes = strcmp(text, "yes") == 0;
	if (!yes && strcmp(text, "no") != 0)
		return error_set(error, CODE_INVALID, "'%s' is neither yes nor no",
		                 excerpt_of(text).text);
	*value = yes;
	return CODE_OK;
}

/* True when `text` is made of letters, digits and characters of `others`, and begins with a letter,
 * a digit or a character of `first`. */
static bool is_word(const char *text, const char *first, const char *others)
{
	for (size_t i = 0; text[i] != '\0'; i++) {
		bool plain = strchr(letters, text[i]) != NULL || strchr(digits, text[i]) != NULL;
		if (!plain && strchr(i == 0 ? first : others, text[i]) == NULL)
			return false;
	}
	return *text != '\0';
}

/* The whole text with its zero; too long is refused, never cut. */
static enum code copy(char *out, size_t size, const char *text, const char *what,
                      struct error *error)
{
	size_t length = strlen(text);
	if (length >= size)
		return error_set(error, CODE_TOO_LARGE,
		                 "'%s' has %zu characters; a %s has at most %zu",
		                 excerpt_of(text).text, length, what, size - 1);
	memcpy(out, text, length + 1);
	return CODE_OK;
}

enum code value_name(const char *text, char name[NAME_BYTES], struct error *error)
{
	if (!is_word(text, "", "-_.@"))
		return error_set(
		    error, CODE_INVALID,
		    "'%s' is not a name; expected letters, digits, '-', '_', '.' or '@', "
		    "beginning with a letter or digit",
		    excerpt_of(text).text);
	return copy(name, NAME_BYTES, text, "name", error);
}

enum code value_account(const char *text, char name[NAME_BYTES], struct error *error)
{
	if (!is_word(text, "_", "-_."))
		return error_set(error, CODE_INVALID,
		                 "'%s' is not a name of a user or group; expected letters, digits, "
		                 "'-', '_' or '.'",
		                 excerpt_of(text).text);
	return copy(name, NAME_BYTES, text, "name of a user or group", error);
}

/* What the kernel allows, less what would need quoting everywhere else. */
enum code value_interface(const char *text, char name[CONFIG_INTERFACE_BYTES], struct error *error)
{
	if (!is_word(text, "_", "-_.@+"))
		return error_set(error, CODE_INVALID,
		                 "'%s' is not a name of a network interface, such as eth0",
		                 excerpt_of(text).text);
	return copy(name, CONFIG_INTERFACE_BYTES, text, "name of a network interface", error);
}

enum code value_path(const char *text, char path[CONFIG_PATH_BYTES], struct error *error)
{
	if (*text != '/')
		return error_set(error, CODE_INVALID,
		                 "'%s' is not an absolute path; it must begin with /",
		                 excerpt_of(text).text);
	return copy(path, CONFIG_PATH_BYTES, text, "path", error);
}

enum code value_agent(const char *text, char agent[CONFIG_PATH_BYTES], struct error *error)
{
	if (*text != '/' && !is_word(text, "_", "-_."))
		return error_set(
		    error, CODE_INVALID,
		    "'%s' is not a program, such as fence_ipmilan or /opt/bin/power-off",
		    excerpt_of(text).text);
	return copy(agent, CONFIG_PATH_BYTES, text, "path", error);
}

enum code value_restart(const char *text, uint8_t *times, struct span *window, struct error *error)
{
	if (strcmp(text, "0") == 0 || strcmp(text, "none") == 0) {
		*times = 0;
		window->ns = 0;
		return CODE_OK;
	}
	size_t length = strspn(text, digits);
	if (length == 0 || text[length] != '/' || text[length + 1] == '\0')
		return error_set(
		    error, CODE_INVALID,
		    "'%s' is not a number of restarts within a time; expected something "
		    "like 3/15m, or none",
		    excerpt_of(text).text);
	int64_t count = length <= 3 ? number_of(text, length) : 0;
	if (count < 1 || count > CONFIG_RESTARTS_MAX)
		return error_set(error, CODE_INVALID,
		                 "'%s' must allow 1 to %d restarts; to have none, write none",
		                 excerpt_of(text).text, CONFIG_RESTARTS_MAX);
	struct span within;
	enum code code = value_span(text + length + 1, &within, error);
	if (code != CODE_OK)
		return code;
	if (within.ns < span_ms(1000).ns || within.ns > span_ms(3600 * 1000).ns * WINDOW_HOURS_MAX)
		return error_set(error, CODE_INVALID, "'%s' must count restarts within 1s to %dh",
		                 excerpt_of(text).text, WINDOW_HOURS_MAX);
	*times = (uint8_t)count;
	*window = within;
	return CODE_OK;
}

/* Those that ask. What a program cannot refuse comes behind stop_timeout by itself. */
static const char *const signals[] = {"TERM", "INT",   "QUIT", "HUP",  "USR1",
                                      "USR2", "WINCH", "PWR",  "ABRT", "ALRM"};

enum code value_signal(const char *text, char name[CONFIG_SIGNAL_BYTES], struct error *error)
{
	const char *word = strncmp(text, "SIG", 3) == 0 ? text + 3 : text;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (strcmp(signals[i], word) == 0) {
			memcpy(name, signals[i], strlen(signals[i]) + 1);
			return CODE_OK;
		}
	return error_set(error, CODE_INVALID,
	                 "'%s' is no signal that asks a program to end; such as TERM, INT, QUIT, "
	                 "HUP, USR1, USR2, WINCH, PWR, ABRT or ALRM",
	                 excerpt_of(text).text);
}

enum code value_dscp(const char *text, uint8_t *dscp, struct error *error)
{
	uint32_t number;
	if (text[0] >= '0' && text[0] <= '9') {
		enum code code = value_number(text, 0, DSCP_MAX, &number, error);
		if (code == CODE_OK)
			*dscp = (uint8_t)number;
		return code;
	}
	for (uint8_t i = 0; i <= DSCP_MAX; i++) {
		char word[DSCP_WORD_BYTES];
		dscp_text(i, word);
		if (strcmp(word, text) == 0) {
			*dscp = i;
			return CODE_OK;
		}
	}
	return error_set(error, CODE_INVALID,
	                 "'%s' is no code point; such as CS6, EF, AF41 or a number from 0 to 63",
	                 excerpt_of(text).text);
}
