/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the resources of this node report, and the one thing that they ask.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/platform/network.h"

/* Called from the loop, never from inside a runner_ function. `why` is a sentence part for the log
 * ("interface eth0 has no carrier"). Roles are indexes of config->roles. */
struct runner_hooks {
	void *context; /* borrowed until runner_close's `closed` */
	void (*started)(void *context, uint8_t role, uint64_t epoch);
	void (*released)(void *context, uint8_t role, uint64_t epoch);
	void (*failed)(void *context, uint8_t role, uint64_t epoch, const char *why);
	/* Told once for each role after open, and on each change. */
	void (*fitness)(void *context, uint8_t role, bool fit, const char *why);
	/* Whether the lease of role is valid right now; read before every act of a start. */
	bool (*may_act)(void *context, uint8_t role);
	/* News of the network as it comes, before the resources hear it. May be NULL. */
	void (*network)(void *context, const struct network_change *change);
};
