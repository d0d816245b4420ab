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
#include "daemon/platform/network.h"
#include "daemon/resource/address_conflict.h"
#include "daemon/resource/address_lifetime.h"
#include "daemon/resource/repairs.h"
#include "daemon/resource/runner_hooks.h"
#include "daemon/resource/stop_time.h"
#include "proto/clock.h"
#include "proto/error.h"
#include "proto/heartbeat.h"

struct shared_memory;
struct runner;

struct runner_settings {
	const struct config *config; /* this and the others: borrowed until closed */
	const char *run_dir;
	struct log *log;
	struct shared_memory
	    *memory; /* what is up is entered in its ledger; NULL: there is no guard */
};

struct resource_view {
	enum resource_state state;
	bool since_known;
	struct instant since; /* it is in this state */
	uint32_t restarts;    /* in place, since the role came up here */
	bool has_pid;
	int64_t pid;
	char detail[160]; /* last error or "" */
	struct address_conflict conflict;
	struct stop_time stop_time; /* of a script */
	struct repairs repairs;
};

struct runner_cleaning {
	const struct config *config;
	const char *run_dir;
	struct shared_memory *memory; /* as in struct runner_settings */
	/* By index of config->roles: the epoch of what runner_adopt is to take over, 0: nothing.
	 * NULL: nothing of any role. */
	const uint64_t *adopted;
	void (*report)(void *context, const char *line); /* gets one line for each thing ended */
	void *context;
};

/*
 * Ends what an earlier life of this daemon left on this host: every virtual address of the
 * configuration on its interface, every process or script resource recorded in the run directory.
 * Left alone is what is to be adopted and can be: of that role and epoch, and the same address, or
 * the same start of a script, as the configuration says now. (A process that is another now is left
 * to runner_adopt, which stops it without haste.) Blocks, for as long as the `stop` of a script
 * takes that cannot be adopted; called before the loop runs and before the first heartbeat. Not
 * getting rid of something is an error: the caller must not go on, for its first heartbeat would
 * free promises.
 */
enum code runner_clean(const struct runner_cleaning *cleaning, struct error *error);

/* Watches what the resources of roles owned by setup.self need; starts nothing. */
enum code runner_open(struct runner **runner, uv_loop_t *loop,
                      const struct runner_settings *settings, const struct runner_hooks *hooks,
                      struct error *error);
/* Stops watching and frees in the loop; resources that run stay as they are. */
void runner_close(struct runner *runner, void (*closed)(void *context), void *context);

/* Answered by one of started, failed; never if a release comes first. */
void runner_start(struct runner *runner, uint8_t role, uint64_t epoch);
/*
 * Instead of runner_start, right after runner_open and before anything is asked of the role: goes
 * on with what an earlier life left up of it under this epoch, unchanged: no address is touched, no
 * process started or stopped that is as it should be. What is missing is started. Answered like
 * runner_start. On failure something may be up that nobody looks after: the caller must end, and
 * leave the rest to the guard.
 */
enum code runner_adopt(struct runner *runner, uint8_t role, uint64_t epoch, struct error *error);
/* Answered by released. forced: addresses are removed before this returns, processes killed at
 * once, scripts run their stop command for most of `limit` and are killed then; may follow a
 * graceful release that is under way. Graceful: each resource has its own stop_timeout and is
 * killed after it; `limit` is ignored. With nothing up, answers all the same. `epoch` comes back in
 * the answer. */
void runner_release(struct runner *runner, uint8_t role, uint64_t epoch, bool forced,
                    struct span limit);

/* Until when the role may be up here as far as is confirmed. Told before the start and after each
 * change. Does not block. */
void runner_lease(struct runner *runner, uint8_t role, struct lifetime_lease lease);
/* Tells the neighbours again where the addresses of the role are, as after a pause or a partition
 * in which they may have learned otherwise. The number of addresses that are here. */
unsigned runner_announce(struct runner *runner, uint8_t role);

void runner_view(const struct runner *runner, uint8_t resource, struct resource_view *view);
/* What is not down of the role, for people: "db: does not go away, app". */
void runner_list_up(const struct runner *runner, uint8_t role, char *out, size_t size);
