/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of fence agents. They are kept in order of names, so that equal sets look equal.
 */
#include "config/option.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/value.h"

static const char FILE_SUFFIX[] = "_file";

/* Parts of names under which agents know what nobody else should. */
static const char *const secret_words[] = {
    "passw", "passphrase", "secret", "token", "apikey", "api_key", "access_key", "community",
};

/* Names in which one of them means something else: a program that prints the secret. */
static const char SCRIPT_SUFFIX[] = "_script";

/* Ours: the daemon says what to do. `option` is an old word for `action`; agents of today do not
 * know it, and do what they do without one: a reboot. */
static const char *const reserved[] = {"action", "option"};

static bool ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name), end = strlen(suffix);
	return length > end && strcasecmp(name + length - end, suffix) == 0;
}

static bool has_part(const char *name, const char *part)
{
	for (; *name != '\0'; name++)
		if (strncasecmp(name, part, strlen(part)) == 0)
			return true;
	return false;
}

static bool sounds_secret(const char *name)
{
	for (size_t i = 0; i < sizeof secret_words / sizeof *secret_words; i++)
		if (has_part(name, secret_words[i]))
			return true;
	return false;
}

bool option_is_secret(const char *name)
{
	return sounds_secret(name) && !ends_in(name, FILE_SUFFIX) && !ends_in(name, SCRIPT_SUFFIX);
}

bool option_is_secret_file(const char *name, char secret[OPTION_NAME_BYTES])
{
	if (!ends_in(name, FILE_SUFFIX) || !sounds_secret(name))
		return false;
	int length = (int)(strlen(name) - strlen(FILE_SUFFIX));
	snprintf(secret, OPTION_NAME_BYTES, "%.*s", length, name);
	return option_is_secret(secret);
}

bool option_next(const struct config_fence *fence, const char **name, const char **value)
{
	const char *next = *name == NULL ? fence->options : *value + strlen(*value) + 1;
	if (next == fence->options + fence->length)
		return false;
	*name = next;
	*value = next + strlen(next) + 1;
	return true;
}

static enum code check_name(const char *name, struct error *error)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";
	if (name[strspn(name, letters)] != '\0')
		return error_set(error, CODE_INVALID,
		                 "'%s' is no option of a fence agent; expected letters, digits, "
		                 "'-' and '_'",
		                 excerpt_of(name).text);
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcasecmp(name, reserved[i]) == 0)
			return error_set(error, CODE_INVALID,
			                 "the option '%s' cannot be set: failoverd itself tells "
			                 "the agent what to do",
			                 name);
	if (option_is_secret(name))
		return error_set(error, CODE_INVALID,
		                 "the option '%s' is a secret and this file lies on every node; "
		                 "write it into a file that only root may read, and its path here: "
		                 "%s_file = /PATH",
		                 name, name);
	return CODE_OK;
}

static enum code check_value(const struct config_fence *fence, const char *name, const char *value,
                             struct error *error)
{
	char secret[OPTION_NAME_BYTES], path[CONFIG_PATH_BYTES];
	const char *other = NULL, *its_value;
	unsigned secrets = 1;
	if (!option_is_secret_file(name, secret))
		return CODE_OK;
	if (value_path(value, path, error) != CODE_OK)
		return error_wrap(error, "%s", name);
	while (option_next(fence, &other, &its_value))
		secrets += option_is_secret_file(other, secret) ? 1 : 0;
	if (secrets > CONFIG_FENCE_SECRETS_MAX)
		return error_set(
		    error, CODE_TOO_LARGE,
		    "'%s' is one secret too many; at most %d can be read for one agent", name,
		    CONFIG_FENCE_SECRETS_MAX);
	return CODE_OK;
}

enum code option_add(struct config_fence *fence, const char *name, const char *value,
                     struct error *error)
{
	enum code code = check_name(name, error);
	if (code == CODE_OK)
		code = check_value(fence, name, value, error);
	if (code != CODE_OK)
		return code;
	const char *other = NULL, *its_value;
	size_t place = fence->length, added = strlen(name) + strlen(value) + 2;
	while (option_next(fence, &other, &its_value)) {
		int order = strcmp(other, name);
		if (order == 0)
			return error_set(error, CODE_EXISTS, "the option '%s' is given twice",
			                 name);
		if (order > 0 && place == fence->length)
			place = (size_t)(other - fence->options);
	}
	if (fence->length + added > sizeof fence->options)
		return error_set(error, CODE_TOO_LARGE,
		                 "the options of one agent have more than %d bytes together",
		                 CONFIG_FENCE_BYTES);
	assert(fence->option_count < UINT8_MAX);
	char *at = fence->options + place;
	memmove(at + added, at, fence->length - place);
	memcpy(at, name, strlen(name) + 1);
	memcpy(at + strlen(name) + 1, value, strlen(value) + 1);
	fence->length = (uint16_t)(fence->length + added);
	fence->option_count++;
	return CODE_OK;
}
