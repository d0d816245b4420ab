/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence as text: lists of items, each as the file would have it.
 */
#include "config/evidence.h"

#include <stdio.h>
#include <string.h>

#include "config/print.h"

/* One more item of a list; what does not fit is left out, for the first ones say enough. */
void note(struct evidence *evidence, char slot, const char *item)
{
	char *text = evidence->text[slot - 'x'];
	size_t used = strlen(text);
	if (used + strlen(item) + 2 < EVIDENCE_BYTES)
		snprintf(text + used, EVIDENCE_BYTES - used, "%s%s", used == 0 ? "" : ", ", item);
}

void note_number(struct evidence *evidence, char slot, unsigned number)
{
	char text[12];
	snprintf(text, sizeof text, "%u", number);
	note(evidence, slot, text);
}

void note_span(struct evidence *evidence, char slot, struct span span)
{
	char text[SPAN_TEXT_BYTES];
	span_text(span, text);
	note(evidence, slot, text);
}

void note_address(struct evidence *evidence, char slot, const struct address *address)
{
	char text[ADDRESS_TEXT_BYTES];
	address_format(address, text);
	note(evidence, slot, text);
}
