/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All resources of this node: starts those of a role in order, stops them in reverse, watches them,
 * restarts what fails in place, and says when a role is up, down, failed or unfit. Knows nothing of
 * votes or leases beyond asking may_act before each act.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/log.h"
#include "proto/error.h"

struct runner;

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
};

enum resource_state {
	RESOURCE_DOWN,
	RESOURCE_STARTING,
	RESOURCE_UP,
	RESOURCE_STOPPING,
	RESOURCE_FAILED, /* not critical, restarts used up; or the one that made its role fail */
};

struct resource_view {
	enum resource_state state;
	uint32_t restarts; /* in place, since the role came up here */
	bool has_pid;
	int64_t pid;
	char detail[160]; /* last error or "" */
};

/*
 * Releases what an earlier life of this daemon left on this host: every virtual address of `config`
 * on its interface, every process or script resource recorded in `run_dir`. Blocks; called before
 * the loop runs and before the first heartbeat. `report` gets one line for each thing released. Not
 * getting rid of something is an error: the caller must not go on, for its first heartbeat would
 * free promises.
 */
enum code runner_clean(const struct config *config, const char *run_dir,
                       void (*report)(void *context, const char *line), void *context,
                       struct error *error);

/* Watches what the resources of roles owned by setup.self need; starts nothing. `config`, `log`
 * and `run_dir` are borrowed until closed. */
enum code runner_open(struct runner **runner, uv_loop_t *loop, const struct config *config,
                      const char *run_dir, struct log *log, const struct runner_hooks *hooks,
                      struct error *error);
/* Stops watching and frees in the loop; resources that run stay as they are. */
void runner_close(struct runner *runner, void (*closed)(void *context), void *context);

/* Answered by one of started, failed; never if a release comes first. */
void runner_start(struct runner *runner, uint8_t role, uint64_t epoch);
/* Answered by released. forced: addresses are removed before this returns, processes killed at
 * once, scripts run their stop command for most of `limit` and are killed then; may follow a
 * graceful release that is under way. Graceful: each resource has its own stop_timeout and is
 * killed after it; `limit` is ignored. With nothing up, answers all the same. `epoch` comes back in
 * the answer. */
void runner_release(struct runner *runner, uint8_t role, uint64_t epoch, bool forced,
                    struct span limit);

void runner_view(const struct runner *runner, uint8_t resource, struct resource_view *view);
