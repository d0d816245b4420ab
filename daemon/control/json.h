/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How values look in the status document: numbers, milliseconds, text fit for terminals and
 * parsers. Knows no member and no daemon.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/admission.h"
#include "proto/clock.h"

void json_number(cJSON *to, const char *name, uint64_t value);
void json_ms(cJSON *to, const char *name, struct span span);
/* The text, or null when it is empty or `says` is false; what does not print becomes "?". */
void json_text(cJSON *to, const char *name, const char *text, bool says);
void json_sentence(cJSON *list, const char *sentence);
/* "refused": only what was refused at all. */
void json_refused(cJSON *to, const uint64_t counts[REFUSALS]);
