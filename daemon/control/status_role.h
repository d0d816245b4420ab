/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the status document says of the roles: who owns each, who could, and what is wrong with it.
 * Knows no resources.
 */
#pragma once

#include <cjson/cJSON.h>

#include "proto/clock.h"

struct status_sources;

/* The lists that the sections of the document add their sentences to; borrowed. */
struct status_verdict {
	cJSON *problems; /* what is wrong now */
	cJSON *risks;    /* what one more failure would make an outage */
	cJSON *warnings; /* everything else that an operator should know */
};

/* Adds "roles" to the document. A wanted role that is not up is a problem, one that is up and could
 * not be taken over is a risk. */
void status_roles(cJSON *json, const struct status_verdict *verdict,
                  const struct status_sources *from, struct instant now);
