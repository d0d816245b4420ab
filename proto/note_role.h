/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sentences about a role, one function each, for the table in note.c. Each writes at most `size`
 * bytes to `out`, with a 0 at the end.
 */
#pragma once

#include <stddef.h>

#include "proto/note_fence.h"

void note_seeking(const struct words *w, char *out, size_t size);
void note_withdrawn(const struct words *w, char *out, size_t size);
void note_taken(const struct words *w, char *out, size_t size);
void note_shared(const struct words *w, char *out, size_t size);
void note_up(const struct words *w, char *out, size_t size);
void note_granted(const struct words *w, char *out, size_t size);
void note_refused(const struct words *w, char *out, size_t size);
void note_lease_over(const struct words *w, char *out, size_t size);
void note_lease_short(const struct words *w, char *out, size_t size);
void note_releasing(const struct words *w, char *out, size_t size);
void note_released(const struct words *w, char *out, size_t size);
void note_failed_here(const struct words *w, char *out, size_t size);
void note_unfit(const struct words *w, char *out, size_t size);
void note_fit(const struct words *w, char *out, size_t size);
void note_wanted(const struct words *w, char *out, size_t size);
void note_cleared(const struct words *w, char *out, size_t size);
void note_owner_seen(const struct words *w, char *out, size_t size);
void note_unowned(const struct words *w, char *out, size_t size);
