/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the status document says of this host and this process: guard, watchdog, pauses, conflicts,
 * stray addresses, disk, log, strangers. Knows no roles.
 */
#pragma once

#include <cjson/cJSON.h>

#include "proto/clock.h"

struct status_sources;

void status_host(cJSON *json, cJSON *problems, cJSON *warnings, const struct status_sources *from,
                 struct instant now);
