/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that grows line by line, and how two such texts differ. Knows nothing of what the lines say.
 */
#pragma once

#include <stddef.h>

struct transcript {
	char *bytes; /* owned; always ends with a zero once something was added */
	size_t length;
	size_t size;
};

void transcript_close(struct transcript *text);
void transcript_clear(struct transcript *text);

/* One line; the newline is added. */
void transcript_line(struct transcript *text, const char *line);
/* Lines with their newlines. */
void transcript_add(struct transcript *text, const char *lines);

/* "" before anything was added. */
const char *transcript_text(const struct transcript *text);

/* Every line of both, those only in `expected` after "- ", those only in `told` after "+ ". */
void transcript_diff(const char *expected, const char *told,
                     void (*print)(const char *mark, const char *line, size_t length));
