/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct config back to INI text, every default written out; config_load of the text gives the same
 * struct. Knows no files.
 */
#pragma once

#include <stddef.h>

#include "config/config.h"
#include "proto/error.h"

/* CODE_TOO_LARGE when `size` does not hold it; *length is without the terminating zero. */
enum code config_print(const struct config *config, char *out, size_t size, size_t *length,
                       struct error *error);

/* Where text goes, piece by piece. */
struct sink {
	void (*write)(void *context, const char *text, size_t length);
	void *context;
};

/* The same to a sink; and of it, one role and its resources. */
void config_write(const struct config *config, const struct sink *sink);
void config_write_role(const struct config *config, uint8_t role, const struct sink *sink);

/* Text forms, each with the zero in `size` bytes; sizes are fixed by the constants. */
enum { SPAN_TEXT_BYTES = 32, KEY_TEXT_BYTES = 48, DSCP_WORD_BYTES = 8 };
void span_text(struct span span, char out[SPAN_TEXT_BYTES]);             /* "200ms", "2s", "15m" */
void key_format(const struct public_key *key, char out[KEY_TEXT_BYTES]); /* base64 */
void dscp_text(uint8_t dscp, char out[DSCP_WORD_BYTES]); /* "CS6", "EF", "AF41", "63" */

struct text;
/* Words in quotes where value_command needs them; false: the command is not set. */
bool command_format(const struct command *command, struct text *out);
