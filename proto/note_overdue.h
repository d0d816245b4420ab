/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences about a release that nothing has proved; rows of the table in note.c.
 */
#pragma once

#include <stddef.h>

#include "proto/note_fence.h"

void note_may_run(const struct words *w, char *out, size_t size);
void note_proven_down(const struct words *w, char *out, size_t size);
