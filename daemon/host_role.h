/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this host itself knows of a role of its configuration, besides the member: what is started
 * here, and why it could not be.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { HOST_ROLE_WHY_BYTES = 160 };

/* Who may say that a role cannot run on this host. */
enum fitness_source { FIT_RESOURCES, FIT_WATCHDOG, FIT_GATE };
enum { FITNESS_SOURCES = FIT_GATE + 1 };

struct host_role {
	bool active;     /* started, and not yet released */
	uint64_t epoch;  /* of the last start or release */
	bool fit;        /* every source says so */
	const char *why; /* not fit: why, of the first source; "" when fit */
	char unfit[FITNESS_SOURCES][HOST_ROLE_WHY_BYTES]; /* of each source; "" when fit */
	char failure[HOST_ROLE_WHY_BYTES]; /* of the last failure here, "" for none */
};
