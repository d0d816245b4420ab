/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment of a resource's command: what the configuration gives it, whose rights it has,
 * and what it is run for. Nothing of the daemon's own is in it.
 */
#pragma once

#include "daemon/platform/platform.h"
#include "daemon/resource/resource.h"

/* The word of a child's environment that proves to which resource it belongs. */
enum { TASK_MARK_BYTES = 24 + NAME_BYTES };
void task_mark(char mark[TASK_MARK_BYTES], const char *resource);

enum {
	TASK_VARIABLES_OURS = 9,
	TASK_VARIABLES = TASK_VARIABLES_OURS + CONFIG_WORDS_MAX,
	TASK_VARIABLE_BYTES = 8 + USER_PATH_BYTES,
};

struct task_environment {
	const char *words[TASK_VARIABLES + 1]; /* "NAME=value", NULL behind the last */
	unsigned count;
	char texts[TASK_VARIABLES_OURS][TASK_VARIABLE_BYTES];
	unsigned text_count;
};

/* `user`: whose rights it has; NULL: not known, nothing is said of it. The words borrow from the
 * resource's configuration and from *environment, which must not move. */
void task_environment_fill(struct task_environment *environment, const struct resource *resource,
                           const struct user *user);
