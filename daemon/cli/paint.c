/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Widths are bytes: names and sentences are plain ASCII by the time they come here.
 */
#include "daemon/cli/paint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
	INDENT = 2, /* mark and blank before a sentence */
	/* A terminal that does not tell its size is taken for the smallest one in use. */
	COLUMNS_LEAST = 80,
	ROWS_LEAST = 24,
};

static void ask_size(struct paint *paint)
{
	uv_loop_t loop;
	uv_tty_t tty;
	int columns = 0, rows = 0;

	if (uv_loop_init(&loop) != 0)
		return;
	if (uv_tty_init(&loop, &tty, 1, 0) == 0) {
		if (uv_tty_get_winsize(&tty, &columns, &rows) == 0 && columns > 0 && rows > 0) {
			paint->columns = columns;
			paint->rows = rows;
		}
		uv_close((uv_handle_t *)&tty, NULL);
	}
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
}

struct paint paint_stdout(void)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct paint paint = {0};

	if (uv_guess_handle(1) != UV_TTY)
		return paint;
	paint.columns = COLUMNS_LEAST;
	paint.rows = ROWS_LEAST;
	ask_size(&paint);
	paint.colour = (no_colour == NULL || no_colour[0] == '\0') && term != NULL &&
	               strcmp(term, "dumb") != 0;
	return paint;
}

static void begin(const struct paint *paint, enum paint_colour colour)
{
	static const char *const codes[] = {
	    [PAINT_PLAIN] = "",         [PAINT_GOOD] = "\033[32m", [PAINT_WARN] = "\033[33m",
	    [PAINT_BAD] = "\033[1;31m", [PAINT_HEAD] = "\033[1m",
	};

	if (paint->colour)
		(void)fputs(codes[colour], stdout);
}

static void end(const struct paint *paint, enum paint_colour colour)
{
	if (paint->colour && colour != PAINT_PLAIN)
		(void)fputs("\033[0m", stdout);
}

/* Prints at most `width` columns; returns how many. */
static int print_cut(const struct paint *paint, const char *text, int width)
{
	const int length = (int)strlen(text);

	if (paint->columns == 0 || length <= width)
		return printf("%s", text);
	if (width > 1)
		(void)printf("%.*s", width - 1, text);
	if (width > 0)
		(void)printf("~");
	return width;
}

void paint_cell(const struct paint *paint, enum paint_colour colour, const char *text, int width)
{
	int used;

	begin(paint, colour);
	used = print_cut(paint, text, width);
	end(paint, colour);
	(void)printf("%*s ", used < width ? width - used : 0, "");
}

void paint_rest(const struct paint *paint, enum paint_colour colour, const char *text, int used)
{
	begin(paint, colour);
	(void)print_cut(paint, text, paint->columns - used);
	end(paint, colour);
	(void)printf("\n");
}

/* How much of `text` stands on the next line: up to the last blank that fits, or all that fits of a
 * word without end. */
static size_t line_of(const struct paint *paint, const char *text)
{
	const size_t length = strlen(text);
	const size_t room = paint->columns > INDENT + 1 ? (size_t)(paint->columns - INDENT) : 1;
	size_t fits = room;

	if (paint->columns == 0 || length <= room)
		return length;
	while (fits > 0 && text[fits] != ' ')
		fits--;
	return fits > 0 ? fits : room;
}

void paint_sentence(const struct paint *paint, enum paint_colour colour, char mark,
                    const char *text)
{
	do {
		const size_t length = line_of(paint, text);

		begin(paint, colour);
		(void)printf("%c %.*s", mark, (int)length, text);
		end(paint, colour);
		(void)printf("\n");
		text += length;
		text += strspn(text, " ");
		mark = ' ';
	} while (*text != '\0');
}

int paint_lines(const struct paint *paint, const char *text)
{
	int lines = 0;

	do {
		text += line_of(paint, text);
		text += strspn(text, " ");
		lines++;
	} while (*text != '\0');
	return lines;
}
