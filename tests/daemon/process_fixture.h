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
bool process_fixture_lives(int64_t pid);
/* What tells the process from a later one with its number; 0: it is not there. */
uint64_t process_fixture_started(int64_t pid);
/* What it has computed so far. */
uint64_t process_fixture_used_ms(int64_t pid);

/* A new control group below the test's own; `path` "": this host lets it have none. */
void process_fixture_group_make(char *path, size_t size);
/* Moves this process into it. */
bool process_fixture_group_join(const char *path);
/* Kills all that is in it and removes it; accepts "". */
void process_fixture_group_end(const char *path);
