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
