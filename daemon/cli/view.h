/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status document as tables for people. Knows the document of status.h and nothing else.
 */
#pragma once

#include <cjson/cJSON.h>

/* To stdout. */
void view_print(const cJSON *status);
