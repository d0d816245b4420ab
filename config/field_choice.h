/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that are one of a few words. For the table of field.c, whose functions have this form.
 */
#pragma once

#include "config/field.h"

/* The variant of its section: the preset of [cluster], the type of a resource. */
enum code take_timing(const struct field *field, void *at, const char *text, struct error *error);
enum code take_type(const struct field *field, void *at, const char *text, struct error *error);
enum code take_use(const struct field *field, void *at, const char *text, struct error *error);
enum code take_escalate(const struct field *field, void *at, const char *text, struct error *error);
enum code take_fences(const struct field *field, void *at, const char *text, struct error *error);

bool format_timing(const void *at, const struct config *config, struct text *out);
bool format_type(const void *at, const struct config *config, struct text *out);
bool format_use(const void *at, const struct config *config, struct text *out);
bool format_escalate(const void *at, const struct config *config, struct text *out);
bool format_fences(const void *at, const struct config *config, struct text *out);
