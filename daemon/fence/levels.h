/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Switching off nodes through their fence agents: of each node one after the other until one
 * confirms that it is off, and never two runs against one node at a time. Knows neither roles nor
 * leases; whether a node has to be off is for others to say.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/fence/agent.h"
#include "proto/clock.h"
#include "proto/error.h"

enum { FENCE_TEXT_BYTES = CONFIG_NODE_FENCES_MAX * (AGENT_TEXT_BYTES + CONFIG_PATH_BYTES) };

struct fence_result {
	const char *node; /* its name; borrowed until the call returns, like `text` */
	uint64_t member;  /* its id */
	bool is_off;      /* confirmed; false: it may be off or not */
	struct span took;
	/* What each agent that was tried did, "; " between them: "fence_ipmilan off: exited with
	 * status 1: cannot log in; fence_apc switched it off, and says that it is off". */
	const char *text;
};

/* Called from the loop, never from inside a fence_ function. */
struct fence_events {
	void *context; /* borrowed until fence_close */
	/* A line of an agent's output, without secrets, and how many were left out before it. */
	void (*said)(void *context, const char *node, const char *agent, const char *line,
	             uint64_t left_out);
	/* The run is over. May start another. */
	void (*ended)(void *context, const struct fence_result *result);
};

struct fence;

/* NULL: out of memory. */
struct fence *fence_open(uv_loop_t *loop, const struct fence_events *events);
/* Cancels what runs; no more events. Accepts NULL. */
void fence_close(struct fence *fence);

/*
 * Begins to switch off member `index` of the configuration, which is not needed afterwards.
 * CODE_EXISTS: a run against it is under way, and its result will do. CODE_NOT_FOUND: it has no
 * fence section.
 */
enum code fence_start(struct fence *fence, const struct config *config, uint8_t index,
                      struct error *error);
/* `member` is an id, which a reload does not change. */
bool fence_is_running(const struct fence *fence, uint64_t member);
/* No result; the agent is killed. The node may have been switched off by then, or still be. */
void fence_cancel(struct fence *fence, uint64_t member);
/* The longest a run against the member can take; 0: it has no fence section. */
struct span fence_limit(const struct config *config, uint8_t index);
