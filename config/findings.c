/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An insertion sort by line that keeps FINDINGS_MAX and counts all. Where not all can be kept,
 * errors are kept before warnings and earlier lines before later ones. A sentence that does not fit
 * ends early.
 */
#include "config/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void remove_at(struct findings *findings, unsigned at)
{
	findings->count--;
	memmove(&findings->items[at], &findings->items[at + 1],
	        (findings->count - at) * sizeof *findings->items);
}

/* Makes room by dropping the last warning, or for an error of an earlier line the last error. */
static bool make_room(struct findings *findings, const struct finding *finding)
{
	if (findings->count < FINDINGS_MAX)
		return true;
	for (unsigned at = findings->count; at > 0; at--) {
		if (findings->items[at - 1].is_error)
			continue;
		if (!finding->is_error && findings->items[at - 1].line <= finding->line)
			return false;
		remove_at(findings, at - 1);
		return true;
	}
	if (!finding->is_error || findings->items[findings->count - 1].line <= finding->line)
		return false;
	remove_at(findings, findings->count - 1);
	return true;
}

/* The place for one more finding, behind those of the same line; NULL when it is not kept. */
static struct finding *place(struct findings *findings, const struct finding *finding)
{
	if (!make_room(findings, finding))
		return NULL;
	unsigned at = findings->count;
	while (at > 0 && findings->items[at - 1].line > finding->line)
		at--;
	memmove(&findings->items[at + 1], &findings->items[at],
	        (findings->count - at) * sizeof *findings->items);
	findings->count++;
	return &findings->items[at];
}

static void add(struct findings *findings, struct finding finding, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void add(struct findings *findings, struct finding finding, const char *format, va_list args)
{
	struct finding *free_place = place(findings, &finding);
	if (free_place == NULL)
		return;
	*free_place = finding;
	vsnprintf(free_place->text, sizeof free_place->text, format, args);
}

void findings_error(struct findings *findings, unsigned line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	findings->errors++;
	add(findings, (struct finding){.is_error = true, .line = line}, format, args);
	va_end(args);
}

void findings_warning(struct findings *findings, unsigned line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	findings->warnings++;
	add(findings, (struct finding){.is_error = false, .line = line}, format, args);
	va_end(args);
}

void finding_format(const struct finding *finding, const char *file, char *out, size_t size)
{
	const char *grade = finding->is_error ? "error" : "warning";
	if (finding->line == 0)
		snprintf(out, size, "%s: %s: %s", file, grade, finding->text);
	else
		snprintf(out, size, "%s:%u: %s: %s", file, finding->line, grade, finding->text);
}
