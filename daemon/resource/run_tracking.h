/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tells of a resource's part that is up on this host, from before it is up until it is known
 * to be down: a record in the run directory, by which a later life of the daemon takes it over or
 * ends it, and an entry of the ledger, by which the guard brings it down in time. Knows no kind.
 */
#pragma once

#include "daemon/file.h"
#include "daemon/resource/resource.h"
#include "daemon/resource/run_records.h"

/* Fills in what all records of a resource have in common. */
void run_tracking_begin(const struct resource *resource, enum leftover_kind kind,
                        struct leftover *leftover);
/* On failure there is no trail, and the thing must not be up: nobody would find it. */
enum code run_tracking_leave(const struct resource *resource, const char *what,
                             const struct leftover *leftover, struct error *error);
/* With the pipe of its output. */
void run_tracking_forget(const struct resource *resource, const char *what);
/* Also of one whose resource is not there any more. */
void run_tracking_forget_record(const struct resource_site *site, const char *name,
                                const struct leftover *leftover);

/* The record of this boot, role and epoch. CODE_NOT_FOUND: there is none. */
enum code run_tracking_find(const struct resource *resource, const char *what,
                            struct leftover *leftover, struct error *error);
/* Where the output of a task goes, for a later life to read on: a path in a directory that is open
 * to nobody else, and made if it is missing. */
enum code run_tracking_output(const struct resource *resource, const char *what,
                              char path[FILE_PATH_BYTES], struct error *error);
/* Whether the guard brought down something of its role. */
bool run_tracking_was_struck(const struct resource *resource);
