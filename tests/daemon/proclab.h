/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes and control groups of the test's own, as the host shows them: by other means than what
 * is tested.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* There, and more than a zombie. */
bool proclab_lives(int64_t pid);
/* What tells the process from a later one with its number; 0: it is not there. */
uint64_t proclab_started(int64_t pid);
/* What it has computed so far. */
uint64_t proclab_used_ms(int64_t pid);

/* A new control group below the test's own; `path` "": this host lets it have none. */
void proclab_group_make(char *path, size_t size);
/* Moves this process into it. */
bool proclab_group_join(const char *path);
/* Kills all that is in it and removes it; accepts "". */
void proclab_group_end(const char *path);
