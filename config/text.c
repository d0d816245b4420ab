/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appending with a bound. Knows nothing of what is written.
 */
#include "config/text.h"

#include <assert.h>
#include <string.h>

void text_clear(struct text *text)
{
	text->length = 0;
	*text->bytes = '\0';
}

void text_add(struct text *text, const char *piece)
{
	size_t length = strlen(piece);
	assert(text->length + length < sizeof text->bytes);
	memcpy(text->bytes + text->length, piece, length + 1);
	text->length += length;
}

void text_add_char(struct text *text, char c)
{
	text_add(text, (const char[]){c, '\0'});
}

void text_add_item(struct text *text, size_t start, const char *item)
{
	if (text->length > start)
		text_add(text, ", ");
	text_add(text, item);
}
