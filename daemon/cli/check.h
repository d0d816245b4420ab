/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the questions of `failoverd check` have in common: whom they ask about, and the three ways
 * to answer. A question changes nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/options.h"
#include "proto/error.h"

struct check {
	const struct options *options;
	const struct config *config;
	int64_t guard;     /* process of the daemon that runs now; 0: none does */
	bool stands_in;    /* for the daemon of the unit, as its user */
	struct error unit; /* CODE_SYSTEM: why the unit cannot be started */
	unsigned lacks;    /* the daemon, or a role here, will not work */
	unsigned warnings; /* it will, but an operator should know */
};

void check_lack(struct check *check, const char *what, const struct error *error);
void check_warn(struct check *check, const char *what, const char *text);
void check_fine(const char *what, const char *text);

/* Calls `look` for each resource that may run on this host. */
void check_each_resource(struct check *check,
                         void (*look)(struct check *check, const struct config_resource *resource,
                                      void *context),
                         void *context);

/* Questions in files of their own. */

/* What the daemon may do beyond what every user may, and what each lack costs. */
void check_rights(struct check *check);
/* Whether the daemon can let the `group` of the configuration type commands. */
void check_operators(struct check *check);

/* What a virtual address needs. */
void check_vip(struct check *check, const struct config_resource *resource);

/* What the commands of a process or a script need. */
void check_program(struct check *check, const struct config_resource *resource);

/* Whether a script is down in time, and what proves it. */
void check_stop(struct check *check, const struct config_resource *resource);

/* Asks everything in the sandbox of the unit instead, where that is possible and no daemon runs.
 * True: it did, printed the answers, and `result` is that of the command. */
bool check_in_unit(struct check *check, enum exit_code *result);

/* Whether anybody else on this host starts what the resource starts. */
void check_twice(struct check *check, const struct config_resource *resource);

/* Addresses of roles in the wrong place, as the daemon that runs knows them. */
void check_strays(struct check *check);
