/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences about the rate of the clock; rows of the table in note.c.
 */
#pragma once

#include <stddef.h>

#include "proto/note_fence.h"

void note_clock_slewed(const struct words *w, char *out, size_t size);
void note_clock_steady(const struct words *w, char *out, size_t size);
