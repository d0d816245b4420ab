/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills struct error. A text that does not fit ends early rather than fails: the beginning of a
 * sentence is worth more at three in the morning than none. Knows no other module.
 */
#include "proto/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum code error_set(struct error *error, enum code code, const char *format, ...)
{
	if (error == NULL)
		return code;
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof error->text, format, args);
	va_end(args);
	error->code = code;
	return code;
}

static void append(struct error *error, const char *text)
{
	size_t used = strlen(error->text);
	size_t length = strlen(text);
	size_t room = sizeof error->text - 1 - used;

	if (length > room)
		length = room;
	memcpy(error->text + used, text, length);
	error->text[used + length] = '\0';
}

enum code error_wrap(struct error *error, const char *format, ...)
{
	if (error == NULL)
		return CODE_SYSTEM;
	char old[ERROR_TEXT_BYTES];
	memcpy(old, error->text, sizeof old);
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof error->text, format, args);
	va_end(args);
	append(error, ": ");
	append(error, old);
	return error->code;
}
