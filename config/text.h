/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line under construction. Its size is that of the longest line a file may have, which is more
 * than any value needs; running over is a mistake of ours and asserted.
 */
#pragma once

#include <stddef.h>

#include "config/config.h"

struct text {
	size_t length;
	char bytes[CONFIG_LINE_BYTES]; /* with the zero */
};

void text_clear(struct text *text);
void text_add(struct text *text, const char *piece);
void text_add_char(struct text *text, char c);
/* ", " before every item but the first of a list that began at `start`. */
void text_add_item(struct text *text, size_t start, const char *item);
