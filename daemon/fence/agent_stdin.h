/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fence agent is told through its standard input: key=value lines, with the secrets that are
 * read from their files for it, in memory that is locked and wiped. Knows no process.
 */
#pragma once

#include "config/config.h"
#include "daemon/fence/redact.h"
#include "proto/error.h"

struct agent_stdin; /* owned by whom made it */

/* Reads the secrets. Blocks on the disk; callable from any thread. CODE_NOT_FOUND, CODE_DENIED,
 * CODE_INVALID: a secret cannot be used. */
enum code agent_stdin_open(struct agent_stdin **input, const struct config_fence *fence,
                           struct error *error);
void agent_stdin_close(struct agent_stdin *input); /* accepts NULL */

/* The lines for an action: "off", "status". Valid until the next call or agent_stdin_close. */
const char *agent_stdin_text(struct agent_stdin *input, const char *action, size_t *length);
/* The secrets are borrowed by the mask. */
void agent_stdin_hide_secrets(const struct agent_stdin *input, struct redact *mask);
