/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the layers that end an ownership look from outside the daemon, for `check`: one function for
 * each. Changes nothing, and opens nothing that would do something by being opened.
 */
#pragma once

#include <stdbool.h>

#include "config/config.h"
#include "proto/error.h"

/* CODE_OK: as it should be, `text` says what there is. Else why it cannot be had. */
enum code probe_gate(const struct config *config, bool daemon_runs, struct error *text);
enum code probe_lifetime(const struct config *config, bool daemon_runs, struct error *text);
enum code probe_watchdog(const struct config *config, bool daemon_runs, struct error *text);

/* Tells of each fence agent against a node whose roles this one may take. Reads the secrets too,
 * and forgets them. Blocks on the disk. */
void probe_fences(const struct config *config,
                  void (*tell)(void *context, const char *name, enum code code,
                               const struct error *text),
                  void *context);
