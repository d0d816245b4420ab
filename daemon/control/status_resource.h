/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the status document says of the resources on this node.
 */
#pragma once

#include <cjson/cJSON.h>

#include "proto/clock.h"

struct status_sources;

/* Adds "resources" to the document, and to `warnings` what an operator should know of them. */
void status_resources(cJSON *to, cJSON *warnings, const struct status_sources *from,
                      struct instant now);
/* Adds "resources" to the object of a role, an index of the configuration: those of its owner, as
 * far as this member knows. */
void status_owned(cJSON *to, const struct status_sources *from, uint8_t role, uint8_t owner,
                  struct instant now);
