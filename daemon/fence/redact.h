/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes secrets out of what a program prints, however it is cut into pieces. Pure; knows neither
 * lines nor the log.
 */
#pragma once

#include <stddef.h>

enum {
	MASK_SECRETS_MAX = 4,
	MASK_SECRET_BYTES = 256, /* the longest, with its zero */
};

struct redact {
	size_t count;
	const char *secrets[MASK_SECRETS_MAX]; /* borrowed until redact_end */
	char held[MASK_SECRET_BYTES];          /* may be the beginning of a secret */
	size_t held_length;
	void (*pass)(void *context, const char *bytes, size_t length);
	void *context;
};

void redact_init(struct redact *mask, void (*pass)(void *context, const char *bytes, size_t length),
                 void *context);
/* Neither empty nor longer than the limit. */
void redact_hide(struct redact *mask, const char *secret);
/* Passes on what is harmless, and *** in place of each secret. */
void redact_feed(struct redact *mask, const char *bytes, size_t length);
/* There is no more: what may be the beginning of a secret counts as one. Forgets the secrets. */
void redact_end(struct redact *mask);
