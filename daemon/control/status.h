/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything a member knows, as JSON of schema 1, which failoverd(8) documents. Reads, never
 * changes.
 */
#pragma once

#include <cjson/cJSON.h>

#include "proto/clock.h"

struct status_sources;

enum { STATUS_SCHEMA = 1 };

/* The caller frees it; NULL without memory. */
cJSON *status_json(const struct status_sources *from, struct instant now);
