/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value of one key into its place in struct config, and back to text. Knows how each kind of
 * value of schema.h is read and written, and nothing of which keys there are.
 */
#pragma once

#include "config/findings.h"
#include "config/schema.h"
#include "config/text.h"

/* A key that was found, or is given its default. */
struct field {
	const struct row *row;
	struct config *config;
	uint8_t index;    /* of the section among those of its kind */
	uint8_t *variant; /* of the section; set by the keys that choose it */
	unsigned line;
	struct findings *findings;
};

/* False: it was refused, and every reason is among the findings. Names of members and resources
 * must be in place, for the lists that refer to them. */
bool field_parse(const struct field *field, const char *text);

/* Adds the value as the file would have it; false: it is not set, nothing was added. */
bool field_format(const struct row *row, const struct config *config, uint8_t index,
                  struct text *out);
