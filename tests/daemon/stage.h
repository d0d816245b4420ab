/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runner with real resources in a loop, and what it said through its hooks. Role 0 and role 1
 * belong to this node, role 2 does not.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/log.h"
#include "daemon/resource/runner.h"

enum { STAGE_ROLES = 3, STAGE_WORDS_BYTES = 512 };

struct stage_role {
	bool may_act;
	unsigned started, released, failed; /* hooks called */
	uint64_t epoch;                     /* of the last hook */
	char why[256];                      /* of the last failure */
	unsigned fitness_told;
	bool is_fit;
	char unfit_why[256];
};

struct stage {
	uv_loop_t loop;
	uv_timer_t clock;
	struct config config;
	char directory[64]; /* the run directory; tests may put files there */
	struct log *log;
	int log_fd;
	struct shared_memory *memory; /* NULL: no ledger; unmapped by stage_close */
	struct runner *runner;
	struct stage_role roles[STAGE_ROLES];
	struct stage_role *now; /* the role a condition looks at */
};

/* Resources are added to it, then it is opened. */
struct stage *stage_new(void);
/* Each returns the resource for further changes; it is started after those added before. */
struct config_resource *stage_vip(struct stage *stage, uint8_t role, const char *name,
                                  const char *network);
/* `command` as in the configuration file. */
struct config_resource *stage_process(struct stage *stage, uint8_t role, const char *name,
                                      const char *command);
struct config_resource *stage_script(struct stage *stage, uint8_t role, const char *name,
                                     const char *start, const char *stop);
void stage_command(struct command *command, const char *words);
void stage_open(struct stage *stage);
/* The runner forgets everything, as at the death of the worker; what runs goes on. */
void stage_forget(struct stage *stage);
/* Another runner for the same host and, unless the test changed it, the same configuration. */
void stage_again(struct stage *stage);
/* It goes on with the role, and says that it is started. */
void stage_adopt(struct stage *stage, uint8_t role, uint64_t epoch);
/* Lets everything go, checks that the loop has nothing left, and frees the stage. */
void stage_close(struct stage *stage);

/* Runs the loop until `done` says so; fails the test after five seconds. */
void stage_until(struct stage *stage, bool (*done)(struct stage *stage), const char *what);
/* Runs the loop for this long. */
void stage_for(struct stage *stage, unsigned ms);
/* Starts the role and waits for `started`. */
void stage_start(struct stage *stage, uint8_t role, uint64_t epoch);
/* Releases it and waits for `released`. */
void stage_release(struct stage *stage, uint8_t role, uint64_t epoch, bool forced);

struct resource_view stage_view(const struct stage *stage, const char *resource);
/* Whether the log has this text, now or in a moment: a thread of its own writes it. */
bool stage_logged(struct stage *stage, const char *text);
/* Whether the address is on left0. */
bool stage_has_address(const char *address);
/* Whether the process lives; a dead one that its parent has not collected does not. */
bool stage_is_alive(int64_t pid);
/* Text of directory/name, "" when there is no such file; valid until the next call. */
const char *stage_file(struct stage *stage, const char *name, char *text, size_t size);
