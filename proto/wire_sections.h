/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sections of a body, one pair of functions each: what stands between a section's head and its
 * end. Knows nothing of the head of a body or of the order of sections. Used by wire.c only.
 */
#pragma once

#include "proto/bytes.h"
#include "proto/error.h"
#include "proto/heartbeat.h"

/* The put functions cannot fail: a writer without room counts on. The get functions refuse counts
 * above their limits before using them and leave truncation for the caller to see in the reader;
 * what follows the fields they know they leave unread. */

void wire_put_timing(struct writer *writer, const struct heartbeat *heartbeat);
enum code wire_get_timing(struct reader *reader, struct heartbeat *heartbeat, struct error *error);

void wire_put_membership(struct writer *writer, const struct heartbeat *heartbeat);
enum code wire_get_membership(struct reader *reader, struct heartbeat *heartbeat,
                              struct error *error);

void wire_put_echoes(struct writer *writer, const struct heartbeat *heartbeat);
enum code wire_get_echoes(struct reader *reader, struct heartbeat *heartbeat, struct error *error);

void wire_put_requests(struct writer *writer, const struct heartbeat *heartbeat);
enum code wire_get_requests(struct reader *reader, struct heartbeat *heartbeat,
                            struct error *error);

void wire_put_fenced(struct writer *writer, const struct heartbeat *heartbeat);
enum code wire_get_fenced(struct reader *reader, struct heartbeat *heartbeat, struct error *error);

void wire_put_identities(struct writer *writer, const struct heartbeat *heartbeat);
enum code wire_get_identities(struct reader *reader, struct heartbeat *heartbeat,
                              struct error *error);
void wire_put_role_identities(struct writer *writer, const struct role_report *report);

void wire_put_resources(struct writer *writer, const struct heartbeat *heartbeat);
enum code wire_get_resources(struct reader *reader, struct heartbeat *heartbeat,
                             struct error *error);

void wire_put_clock(struct writer *writer, const struct heartbeat *heartbeat);
enum code wire_get_clock(struct reader *reader, struct heartbeat *heartbeat, struct error *error);

void wire_put_roles(struct writer *writer, const struct heartbeat *heartbeat);
enum code wire_get_roles(struct reader *reader, struct heartbeat *heartbeat, struct error *error);

void wire_put_role(struct writer *writer, const struct role_report *report);
