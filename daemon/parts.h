/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the parts of the daemon are plugged together: one function opens one part with what it needs
 * of the others. A part knows no root; what it reports comes back through the hooks given here and
 * in events.h.
 */
#pragma once

#include "proto/error.h"

struct daemon;
struct daemon_settings;
struct kept;

/* Each needs what daemon.h draws above it. On failure the part is not open, or closes as usual. */
enum code parts_open_control(struct daemon *daemon, struct error *error);
enum code parts_open_self_fencing(struct daemon *daemon, struct error *error);
enum code parts_open_strays(struct daemon *daemon, struct error *error);
enum code parts_open_fencer(struct daemon *daemon, struct error *error);
enum code parts_open_guard_link(struct daemon *daemon, const struct daemon_settings *settings,
                                struct error *error);
/* Adds to daemon->config what is still up here of an earlier one. Blocks for reading a file. */
void parts_open_retire(struct daemon *daemon, const struct daemon_settings *settings,
                       const struct kept *kept);
void parts_open_shutdown(struct daemon *daemon);
