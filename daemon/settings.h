/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a daemon is started with.
 */
#pragma once

#include <stdbool.h>

#include "config/config.h"
#include "daemon/guard/shared_memory.h"
#include "daemon/log.h"

struct daemon_settings {
	const struct config *config;     /* copied */
	const struct secret_key *secret; /* copied; the caller wipes its own */
	const char *state_dir, *run_dir; /* borrowed until daemon_close */
	enum note_level log_level;
	struct shared_memory *memory; /* borrowed until daemon_close; NULL: no guard watches */
	int guard;         /* connection to it, owned by the daemon from now on; -1: none */
	bool is_managed;   /* a service manager starts guards */
	char *const *argv; /* how else to start one; borrowed, NULL at the end */
};
