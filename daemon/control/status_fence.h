/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this daemon does, and last did, about switching a member off, for the status document.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdint.h>

#include "proto/clock.h"

struct status_sources;

/* Adds "fencing" to the member's object. */
void status_fence(cJSON *member, cJSON *warnings, const struct status_sources *from, uint8_t index,
                  struct instant now);
