/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line, cut where it is too long.
 */
#include "daemon/guard/guard_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/platform/guard_host.h"

enum { LINE_BYTES = 400 };

void guard_say(enum note_level level, const char *format, ...)
{
	char line[LINE_BYTES + 1];
	va_list args;
	size_t used = log_head(STDERR_FILENO, level, line, LINE_BYTES);
	va_start(args, format);
	int length = vsnprintf(line + used, LINE_BYTES - used, format, args);
	va_end(args);
	used += length < 0 ? 0 : (size_t)length;
	used = used < LINE_BYTES ? used : LINE_BYTES - 1;
	line[used++] = '\n';
	guard_host_say(line, used);
}
