/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reasons in words: parts of the sentences of note.c. Used there only.
 */
#pragma once

#include <stdint.h>

/* "?" for what is no enum refusal_reason, or no enum release_reason. Never NULL. */
const char *note_refusal_text(uint8_t reason);
const char *note_release_text(uint8_t reason);
