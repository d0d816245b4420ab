/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter that holds back what may become a secret until that is decided.
 */
#include "daemon/fence/redact.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

static const char STARS[] = "***";

void redact_init(struct redact *mask, void (*pass)(void *context, const char *bytes, size_t length),
                 void *context)
{
	memset(mask, 0, sizeof *mask);
	mask->pass = pass;
	mask->context = context;
}

void redact_hide(struct redact *mask, const char *secret)
{
	assert(mask->count < MASK_SECRETS_MAX);
	assert(*secret != '\0' && strlen(secret) < MASK_SECRET_BYTES);
	mask->secrets[mask->count++] = secret;
}

static bool may_become_secret(const struct redact *mask)
{
	for (size_t i = 0; i < mask->count; i++)
		if (strlen(mask->secrets[i]) > mask->held_length &&
		    memcmp(mask->secrets[i], mask->held, mask->held_length) == 0)
			return true;
	return false;
}

/* The length of the longest secret that what is held begins with; 0: none. */
static size_t find_secret(const struct redact *mask)
{
	size_t longest = 0;
	for (size_t i = 0; i < mask->count; i++) {
		size_t length = strlen(mask->secrets[i]);
		if (length > longest && length <= mask->held_length &&
		    memcmp(mask->secrets[i], mask->held, length) == 0)
			longest = length;
	}
	return longest;
}

/* Decides on the first of what is held. */
static void settle(struct redact *mask)
{
	size_t length = find_secret(mask);
	if (length > 0)
		mask->pass(mask->context, STARS, strlen(STARS));
	else
		mask->pass(mask->context, mask->held, length = 1);
	mask->held_length -= length;
	memmove(mask->held, mask->held + length, mask->held_length);
}

void redact_feed(struct redact *mask, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		assert(mask->held_length < sizeof mask->held);
		mask->held[mask->held_length++] = bytes[i];
		while (mask->held_length > 0 && !may_become_secret(mask))
			settle(mask);
	}
}

void redact_end(struct redact *mask)
{
	if (mask->held_length > 0)
		mask->pass(mask->context, STARS, strlen(STARS));
	mask->held_length = 0;
	mask->count = 0;
	sodium_memzero(mask->held, sizeof mask->held);
}
