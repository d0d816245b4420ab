/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the guard to standard error, in the form of the log. Waits for nobody.
 */
#pragma once

#include "proto/note.h"

void guard_say(enum note_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
