/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `run` and `check` begin with: the secret key and the configuration of this host, read from
 * their files, with every finding printed.
 */
#pragma once

#include "config/load.h"
#include "daemon/cli/commands.h"
#include "proto/auth.h"

struct host {
	struct config config;
	struct findings findings;
	struct public_key public;
	struct secret_key *secret; /* owned, in locked memory; NULL: not read */
};

/* Starts libsodium, reads both files, prints findings and failures to stderr. EXIT_DONE: all of
 * *host is set; EXIT_CONFIG: not so, and `config` must not be used. Call host_close in either case.
 */
enum exit_code host_open(struct host **host, const struct options *options);
void host_close(struct host *host); /* wipes the secret; accepts NULL */
