/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups (version 2) as a way to find and kill all processes a child started, whatever they
 * did to leave it. Knows no child; every path is "" where the host offers no group.
 */
#pragma once

#include <stdbool.h>

#include "daemon/platform/child.h"

/* A new empty group; "" in path when this host has none to give: no version 2 hierarchy, or not
 * writable. */
void childgroup_make(const char *name, char path[CHILD_GROUP_BYTES]);
bool childgroup_is_possible(void);
/* The caller joins. Safe between fork and exec. */
bool childgroup_join(const char *path);
/* True for "" and for a group that does not exist any more. */
bool childgroup_is_empty(const char *path);
void childgroup_kill(const char *path);
void childgroup_remove(const char *path);
