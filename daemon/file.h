/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole small files: read with a limit, write so that they are on disk when the call returns. All
 * of it blocks: callers are the start-up, the command line and worker threads. Knows no format.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/error.h"

enum { FILE_PATH_BYTES = 512 };

/* "directory/name". CODE_TOO_LARGE when it does not fit. */
enum code file_path(char path[FILE_PATH_BYTES], const char *directory, const char *name,
                    struct error *error);

/* Reads at most `size` bytes. CODE_NOT_FOUND, CODE_DENIED, CODE_TOO_LARGE, CODE_SYSTEM. */
enum code file_read(const char *path, uint8_t *bytes, size_t size, size_t *length,
                    struct error *error);

/* Gives what this process has just made at `path` to the owner of its directory, if it can: root
 * may type a command beside a daemon that runs as another user, which has to use the file. */
void file_keep_owner(int fd, const char *path);

/* Creates a file that must not exist (no symbolic link either), with this mode; it is written and
 * synced, or removed again; it belongs to the owner of its directory. CODE_EXISTS. */
enum code file_create(const char *path, int mode, const uint8_t *bytes, size_t length,
                      struct error *error);

/* Replaces path by way of path.new: at every moment there is a whole file of that name, and when
 * the call returns the new one survives a power cut. What stood there is kept as path.old. */
enum code file_replace(const char *path, const uint8_t *bytes, size_t length, struct error *error);

/* Renames path to path<suffix>, over what has that name. */
enum code file_set_aside(const char *path, const char *suffix, struct error *error);

/* Makes a directory if it is missing, which then belongs to the owner of its parent; that must
 * exist. */
enum code file_make_directory(const char *path, int mode, struct error *error);
