/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the status document says of the roles: who owns each, who could, and what is wrong with it.
 * Knows no resources.
 */
#pragma once

#include <cjson/cJSON.h>

#include "proto/clock.h"

struct daemon;

/* Adds "roles" to the document, and a sentence to `problems` for each wanted role that is not up. */
void status_roles(cJSON *json, cJSON *problems, const struct daemon *daemon, struct instant now);
