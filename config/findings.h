/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects what is wrong with a file, in order of lines. Knows nothing of what is collected; the
 * types are in load.h, for its callers.
 */
#pragma once

#include "config/load.h"

void findings_error(struct findings *findings, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void findings_warning(struct findings *findings, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
