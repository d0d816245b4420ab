/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of an INI text, each handed over with its number. Knows the format of a line, and
 * nothing of what sections and keys there may be.
 *
 * A line is blank, a comment (';' or '#' first), a [section], or `key = value`. A ';' behind a
 * blank begins a comment. Blanks at the start of a line mean nothing: a value never goes on in the
 * next line, so that indented keys are keys.
 */
#pragma once

#include <stddef.h>

struct lines_user {
	void *context;
	/* Text between the brackets. */
	void (*section)(void *context, unsigned line, const char *inside);
	/* The value may be empty. Borrowed until the function returns, like every text here. */
	void (*entry)(void *context, unsigned line, const char *key, const char *value);
	/* What stands behind the `;` of the entry that follows; only where there is one. */
	void (*comment)(void *context, unsigned line, const char *text);
	void (*fault)(void *context, unsigned line, const char *text);
};

void lines_read(const char *text, size_t length, const struct lines_user *user);
