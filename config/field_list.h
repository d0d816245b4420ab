/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that are lists: addresses and keys of a member, nodes and resources of a role. For the
 * table of field.c, whose functions have this form. Names are resolved to indexes here, so that
 * nothing later looks up a name.
 */
#pragma once

#include "config/field.h"

/* One more item; `at` is a struct config_member. */
enum code take_member_address(const struct field *field, void *at, const char *text,
                              struct error *error);
enum code take_member_key(const struct field *field, void *at, const char *text,
                          struct error *error);
/* `at` is a struct setup_role, of the other a struct config_role. */
enum code take_role_node(const struct field *field, void *at, const char *text,
                         struct error *error);
enum code take_role_resource(const struct field *field, void *at, const char *text,
                             struct error *error);

/* The whole list. */
bool format_member_addresses(const void *at, const struct config *config, struct text *out);
bool format_member_keys(const void *at, const struct config *config, struct text *out);
bool format_role_nodes(const void *at, const struct config *config, struct text *out);
bool format_role_resources(const void *at, const struct config *config, struct text *out);
