/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide for `check`, part two: what its own manager of services
 * knows of the programs that roles start, so that nothing runs in two places. Changes nothing on
 * the host. Blocks, for at most SERVICES_WAIT_S a question.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "proto/error.h"

enum { SERVICES_WAIT_S = 5, SERVICE_NAME_BYTES = 128 };

struct service {
	char name[SERVICE_NAME_BYTES];
	char wanted_by[SERVICE_NAME_BYTES]; /* what starts it, at boot or later; empty: nothing */
	bool is_active;
};

/*
 * Calls `found` for each service that the command starts by its name, or whose program is that of
 * the command. Programs that run others, such as interpreters, have to have the same arguments.
 * Nothing is found where there is no manager that could be asked.
 */
void services_of(const struct command *command,
                 void (*found)(void *context, const struct service *service), void *context);

/* A process that runs exactly this command; 0: none. */
int64_t services_process(const struct command *command);
