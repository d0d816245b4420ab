/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for a person at a terminal or a program behind a pipe: cells of a width, wrapped sentences,
 * colours. A pipe gets neither colours nor line breaks inside a sentence. Knows no cluster.
 */
#pragma once

#include <stdbool.h>

enum paint_colour { PAINT_PLAIN, PAINT_GOOD, PAINT_WARN, PAINT_BAD, PAINT_HEAD };

struct paint {
	bool colour;
	int columns; /* 0: nothing is wrapped or cut */
	int rows;    /* 0: without limit */
};

/* Looks at standard output. Colours stay off with NO_COLOR (no-color.org) or TERM=dumb set. */
struct paint paint_stdout(void);

/* Prints `text` padded to `width` columns and a blank; a longer one is cut, and ends in "~", where
 * columns are limited, and shifts its row where not. */
void paint_cell(const struct paint *paint, enum paint_colour colour, const char *text, int width);
/* Prints the last cell of a row and ends the line; `used` columns stand before it. */
void paint_rest(const struct paint *paint, enum paint_colour colour, const char *text, int used);
/* Prints a sentence behind a mark of one character, wrapped under itself between words. */
void paint_sentence(const struct paint *paint, enum paint_colour colour, char mark,
                    const char *text);
/* How many lines that takes. */
int paint_lines(const struct paint *paint, const char *text);
