/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of a fence agent: names and values as the agent knows them, kept as one text, and
 * which of them are secrets. Knows no agent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "proto/error.h"

enum { OPTION_NAME_BYTES = 48 };

/* A password or the like, which must not stand in a file that lies on every node. */
bool option_is_secret(const char *name);
/* "password_file": the secret is the first line of a file; `secret` becomes "password". */
bool option_is_secret_file(const char *name, char secret[OPTION_NAME_BYTES]);

/* Adds an option in its place. CODE_INVALID: it may not be set, or not like this. CODE_EXISTS: it
 * is there already. CODE_TOO_LARGE: there are too many. */
enum code option_add(struct config_fence *fence, const char *name, const char *value,
                     struct error *error);

/* Walks the options: *name and *value of the one behind *name, or of the first where it is NULL.
 * False: there are no more. */
bool option_next(const struct config_fence *fence, const char **name, const char **value);
