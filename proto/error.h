/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as values: a code for the program and a sentence for the person. The lowest function says
 * what happened to what; callers may put before it what they were doing. Knows no other module.
 */
#pragma once

#include <stddef.h>

enum code {
	CODE_OK = 0,
	CODE_INVALID,   /* the input breaks a rule; the text names it */
	CODE_TOO_LARGE, /* a limit of limits.h is exceeded */
	CODE_NOT_FOUND,
	CODE_EXISTS,
	CODE_DENIED,  /* the operating system or a rule forbids it */
	CODE_DAMAGED, /* a stored file or a frame does not match its checksum */
	CODE_TIMEOUT,
	CODE_UNSUPPORTED, /* this system cannot do it */
	CODE_SYSTEM,      /* a system call failed; the text carries its reason */
};

enum { ERROR_TEXT_BYTES = 512 };

struct error {
	enum code code;
	char text[ERROR_TEXT_BYTES];
};

/* Sets code and text and returns the code, so that a failing function can end with it.
 * `error` may be NULL when the caller does not care for the text. */
enum code error_set(struct error *error, enum code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<format>: " before the text that is there; keeps and returns the code. */
enum code error_wrap(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
