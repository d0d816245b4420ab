/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of the status document as text. What is missing or null reads as such, so that a client
 * and a daemon of neighbouring versions understand each other.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>

enum { VIEW_CELL_BYTES = 48 };

const cJSON *view_get(const cJSON *from, const char *name);
/* The string of that name, else `otherwise`; borrowed from the document. */
const char *view_text(const cJSON *from, const char *name, const char *otherwise);
double view_number(const cJSON *from, const char *name); /* 0: there is none */
bool view_is(const cJSON *from, const char *name);       /* true is there */
/* "35 ms", "12.3 s", "5 min", or "-" for null. */
void view_ms(const cJSON *item, char out[VIEW_CELL_BYTES]);
/* The flags of a member that are set, as words with a blank before each. */
void view_flags(const cJSON *member, char *out, unsigned size);
/* The one object of an array whose `name` is this; NULL: there is none. */
const cJSON *view_named(const cJSON *list, const char *name);
