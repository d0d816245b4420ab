/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule found, as words for the places {x}, {y} and {z} of its sentence. Knows no rule.
 */
#pragma once

#include "config/config.h"

enum { EVIDENCE_MAX = 3, EVIDENCE_BYTES = 240 };

struct evidence {
	char text[EVIDENCE_MAX][EVIDENCE_BYTES]; /* {x}, {y}, {z} of the sentence */
};

/* Each adds one more item to a list; what does not fit is left out, for the first ones say enough.
 */
void note(struct evidence *evidence, char slot, const char *item);
void note_number(struct evidence *evidence, char slot, unsigned number);
void note_span(struct evidence *evidence, char slot, struct span span);
void note_address(struct evidence *evidence, char slot, const struct address *address);
