/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide, part seven: the end of this host. For the moment when
 * something does not go away although it must: nothing here waits for what may be the very cause.
 * Nothing allocates, logs or rests on other threads.
 */
#pragma once

#include "proto/clock.h"
#include "proto/error.h"

/*
 * Writes `text` into the file `path` (made if missing, its old content replaced, no link followed)
 * and syncs it. A process of its own does that, for a disk may hang: after `limit` it is not waited
 * for any more. CODE_TIMEOUT: not known to be written. CODE_DENIED, CODE_SYSTEM.
 */
enum code platform_last_words(const char *path, const char *text, struct span limit,
                              struct error *error);

/*
 * Reboots this host now; returns only when that is not possible: CODE_DENIED, CODE_SYSTEM. Nothing
 * is stopped and no file system is synced before: to sync waits for the disks, and one that hangs
 * may be why this was called. In a container it is the container that ends. Where the orderly call
 * itself hangs, because a driver does, the host is reset without it after a second.
 */
enum code platform_reboot_now(struct error *error);
