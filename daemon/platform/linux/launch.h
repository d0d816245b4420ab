/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens in a new process between fork and exec: only calls that are safe there, everything
 * else was prepared before.
 */
#pragma once

#include <stddef.h>

#include "config/config.h"
#include "daemon/platform/platform.h"

struct launch {
	const char *words[CONFIG_WORDS_MAX + 1];
	const char *const *environment;
	const char *directory;
	const struct user *user; /* NULL: stay */
	const char *group;       /* "": none */
	int input;
	int output;
	int channel; /* "go" comes here, a failure goes here, exec closes it */
	int parents_channel;
};

/* What the child says through the channel when it cannot exec. */
struct launch_failure {
	int stage;
	int reason; /* errno */
};

void launch_prepare(struct launch *launch, const struct command *command);
/* Becomes the program. Waits for a byte on the channel before, and ends when there comes none. */
_Noreturn void launch_run(const struct launch *launch);
void launch_failure_text(const struct launch_failure *failure, const char *program, char *out,
                         size_t size);
