/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fence agent is told through its standard input: key=value lines, with the secrets that are
 * read from their files for it, in memory that is locked and wiped. Knows no process.
 */
#pragma once

#include "config/config.h"
#include "daemon/fence/redact.h"
#include "proto/error.h"

struct input; /* owned by whom made it */

/* Reads the secrets. Blocks on the disk; callable from any thread. CODE_NOT_FOUND, CODE_DENIED,
 * CODE_INVALID: a secret cannot be used. */
enum code input_open(struct input **input, const struct config_fence *fence, struct error *error);
void input_close(struct input *input); /* accepts NULL */

/* The lines for an action: "off", "status". Valid until the next call or input_close. */
const char *input_text(struct input *input, const char *action, size_t *length);
/* The secrets are borrowed by the mask. */
void input_hide_secrets(const struct input *input, struct mask *mask);
