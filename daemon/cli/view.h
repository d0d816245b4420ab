/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status document for people: an overview that fits a terminal of 80 columns and 24 rows, or
 * everything about one role or member. Knows the document of status.h and nothing else.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "daemon/cli/paint.h"

/* What is wrong first, then a line for each member and each role. To stdout. */
void view_overview(const cJSON *status, const struct paint *paint);
/* Everything about the role or the member of this name; false: there is neither. */
bool view_detail(const cJSON *status, const char *name, const struct paint *paint);
