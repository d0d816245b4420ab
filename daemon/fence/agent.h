/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One fence agent switching one node off, and then asked whether it is off. Knows the programming
 * interface of the fence-agents package and nothing of other agents, roles or leases.
 *
 * An agent is a program that reads key=value lines from its standard input. Nothing is ever said on
 * its command line or in its environment, where everybody could read it. Exit status 0 of `off`
 * says that it was done; exit status 2 of `status` says that the node is off.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "proto/error.h"

enum { AGENT_TEXT_BYTES = ERROR_TEXT_BYTES };

struct agent_result {
	bool is_off; /* confirmed; false: it may be off or not */
	/* A sentence part that follows the agent's name: "switched it off, and says that it is
	 * off", "off: exited with status 1: cannot log in". */
	char text[AGENT_TEXT_BYTES];
};

/* Called from the loop, never from inside an agent_ function. */
struct agent_events {
	void *context; /* borrowed until agent_close */
	/* A line of its output, without secrets, and how many were left out before it. Must not
	 * close the agent. */
	void (*said)(void *context, const char *line, uint64_t left_out);
	/* Once, and last. May close the agent. */
	void (*ended)(void *context, const struct agent_result *result);
};

struct agent;

/* Begins at once; the options are copied. NULL: out of memory. */
struct agent *agent_start(uv_loop_t *loop, const struct config_fence *fence,
                          const struct agent_events *events);
/* No more events; what it runs is killed. It may have switched the node off by then, or still do
 * so. Accepts NULL. */
void agent_close(struct agent *agent);

/* The program an agent's name stands for. CODE_NOT_FOUND: there is none. May block on the disk. */
enum code agent_find(const char *name, char path[CONFIG_PATH_BYTES], struct error *error);
