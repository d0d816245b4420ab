/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide for `check`: to ask as the daemon will, or as one of its
 * resources. Changes nothing on the host. Blocks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/platform/platform.h"
#include "proto/error.h"

/*
 * Root asks on behalf of the daemon: from now on this process is the daemon's user with the rights
 * of the daemon and no others, and sees the files that the running daemon `guard` sees in its
 * sandbox (0: none runs). There is no way back. CODE_OK: `text` says as whom, or is empty where
 * nothing had to change. CODE_UNSUPPORTED, CODE_SYSTEM: it goes on as it is, and `text` says why.
 */
enum code platform_stand_in(int64_t guard, struct error *text);

enum use { USE_EXECUTE = 1, USE_WRITE = 2, USE_READ = 4 };

/* Whether the user may use the file or directory, or this process where `user` is NULL or it cannot
 * become that one. CODE_NOT_FOUND, CODE_DENIED, with the reason of the system as text. */
enum code platform_may_use(const struct user *user, const char *path, enum use use,
                           struct error *error);

/* Whether this process can give a file of its own to the group. CODE_NOT_FOUND: there is no such
 * group. CODE_DENIED: it is not in it. */
enum code platform_check_group(const char *name, struct error *error);

/* Whether a time daemon of this host lets the lease clock run at rates far from that of the
 * oscillator. CODE_OK: none that is known does. CODE_UNSUPPORTED: one may; the text says which and
 * what to do. */
enum code platform_check_clock(struct error *error);
