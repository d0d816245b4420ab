/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sentences of note.c are made of, and those about switching hosts off. Used there only.
 */
#pragma once

#include <stddef.h>

#include "proto/limits.h"
#include "proto/note.h"

struct words {
	const struct note *note;
	char role[NAME_BYTES + 8];
	const char *peer, *other;
	char span[32];
};

void note_fencing(const struct words *w, char *out, size_t size);
void note_fenced(const struct words *w, char *out, size_t size);
void note_fence_failed(const struct words *w, char *out, size_t size);
void note_fence_cancelled(const struct words *w, char *out, size_t size);
void note_freed_by_off(const struct words *w, char *out, size_t size);
void note_not_off(const struct words *w, char *out, size_t size);
void note_called_off(const struct words *w, char *out, size_t size);
