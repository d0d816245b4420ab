/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide, part seven: reading a secret from a file that is really
 * one. Knows nothing of what it is for. Blocks on the disk; callable from any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "proto/error.h"

/*
 * The only line of the file, without its end, with a zero behind it; `size` has room for both.
 * CODE_DENIED: others may read or replace the file, which belongs to neither root nor the user of
 * this process, or it cannot be opened. CODE_NOT_FOUND. CODE_INVALID: not a regular file, not one
 * line of printable text, or longer than fits. On failure nothing of it is left in `secret`.
 */
enum code platform_secret_read(const char *path, char *secret, size_t size, size_t *length,
                               struct error *error);

/* Where the service manager of this host keeps a secret of this name for the daemon: of this very
 * process, or, for a command that is typed beside it, of the unit that runs. False: nowhere. */
bool platform_secret_handed(const char *name, char *path, size_t size);
