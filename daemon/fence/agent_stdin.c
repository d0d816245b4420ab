/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of an agent's standard input. The action always stands first: without one an agent does
 * what is its default, and that is a reboot.
 */
#include "daemon/fence/agent_stdin.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/option.h"
#include "daemon/platform/child.h"
#include "daemon/platform/secret.h"
#include "daemon/platform/self.h"

enum {
	ACTION_BYTES = 32,
	LINES_BYTES = CHILD_INPUT_BYTES - ACTION_BYTES,
	QUOTES_BYTES = 2, /* around a secret */
};

static_assert(CONFIG_FENCE_BYTES + CONFIG_FENCE_SECRETS_MAX * (MASK_SECRET_BYTES + QUOTES_BYTES) <=
                  LINES_BYTES,
              "options and secrets always fit");
static_assert((int)CONFIG_FENCE_SECRETS_MAX == (int)MASK_SECRETS_MAX, "each secret is hidden");

struct agent_stdin {
	char text[CHILD_INPUT_BYTES]; /* the action ends where the lines begin */
	size_t length;                /* of the lines */
	size_t secret_count;
	char secrets[CONFIG_FENCE_SECRETS_MAX][MASK_SECRET_BYTES];
};

static void add(struct agent_stdin *input, const char *text)
{
	size_t length = strlen(text);
	assert(input->length + length <= LINES_BYTES);
	memcpy(input->text + ACTION_BYTES + input->length, text, length);
	input->length += length;
}

/*
 * The library of the fence agents takes blanks off both ends of a line and then one pair of double
 * quotes off a value, and blanks are whatever Unicode calls so. A secret that would arrive changed
 * is given a pair to lose. Others are not: an agent without that library may take quotes as they
 * are.
 */
static bool needs_quotes(const char *secret)
{
	const size_t length = strlen(secret);
	const unsigned char last = (unsigned char)secret[length - 1];

	return last == ' ' || last >= 0x80 || (length > 1 && *secret == '"' && last == '"');
}

static void add_line(struct agent_stdin *input, const char *name, const char *value, bool quotes)
{
	add(input, name);
	add(input, quotes ? "=\"" : "=");
	add(input, value);
	add(input, quotes ? "\"\n" : "\n");
}

static enum code add_option(struct agent_stdin *input, const char *name, const char *value,
                            struct error *error)
{
	char plain[OPTION_NAME_BYTES];
	bool quotes = false;

	if (option_is_secret_file(name, plain)) {
		assert(input->secret_count < CONFIG_FENCE_SECRETS_MAX);
		char *secret = input->secrets[input->secret_count];
		size_t length;
		enum code code =
		    platform_secret_read(value, secret, MASK_SECRET_BYTES, &length, error);
		if (code != CODE_OK)
			return error_wrap(error, "%s", name);
		input->secret_count++;
		name = plain;
		value = secret;
		quotes = needs_quotes(secret);
	}
	add_line(input, name, value, quotes);
	return CODE_OK;
}

enum code agent_stdin_open(struct agent_stdin **input, const struct config_fence *fence,
                           struct error *error)
{
	/* Locked in memory where that is allowed, and wiped when it is freed. */
	struct agent_stdin *made = sodium_malloc(sizeof *made);
	const char *name = NULL, *value;
	enum code code = CODE_OK;
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	platform_keep_from_children(made, sizeof *made);
	sodium_memzero(made, sizeof *made);
	while (code == CODE_OK && option_next(fence, &name, &value))
		code = add_option(made, name, value, error);
	if (code != CODE_OK) {
		agent_stdin_close(made);
		return code;
	}
	*input = made;
	return CODE_OK;
}

void agent_stdin_close(struct agent_stdin *input)
{
	sodium_free(input);
}

const char *agent_stdin_text(struct agent_stdin *input, const char *action, size_t *length)
{
	char line[ACTION_BYTES + 1];
	int line_length = snprintf(line, sizeof line, "action=%s\n", action);
	assert(line_length > 0 && line_length <= ACTION_BYTES);
	char *begin = input->text + ACTION_BYTES - line_length;
	memcpy(begin, line, (size_t)line_length);
	*length = (size_t)line_length + input->length;
	return begin;
}

void agent_stdin_hide_secrets(const struct agent_stdin *input, struct redact *mask)
{
	for (size_t i = 0; i < input->secret_count; i++)
		redact_hide(mask, input->secrets[i]);
}
