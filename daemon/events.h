/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that happens becomes a struct event here and goes through the member. Decides nothing.
 */
#pragma once

#include "daemon/host_role.h"
#include "daemon/net.h"
#include "daemon/resource/runner.h"
#include "daemon/resource/strays.h"
#include "daemon/self_fencing/self_fencing.h"
#include "daemon/state/store.h"
#include "proto/event.h"

struct daemon;

/* Stamps the event with the present, steps the member and applies the effects. Never called from
 * inside the application of effects. */
void events_step(struct daemon *daemon, struct event event);

/* What the source says of whether the role can run on this host; `why` NULL: nothing against it.
 * The member is told when that changes something for the role as a whole. While the daemon is being
 * opened it is only noted: the first word of the resources carries it. */
void events_fitness(struct daemon *daemon, uint8_t role, enum fitness_source source,
                    const char *why);

/* The hooks to give to what reports. */
struct net_hooks events_net_hooks(struct daemon *daemon);
struct store_hooks events_store_hooks(struct daemon *daemon);
struct runner_hooks events_runner_hooks(struct daemon *daemon);
struct strays_hooks events_strays_hooks(struct daemon *daemon);
struct self_fencing_hooks events_self_fencing_hooks(struct daemon *daemon);

/* For the fencer; `context` is the daemon. */
void events_fenced(void *context, uint8_t member, uint32_t incarnation, bool is_off);

/* Wakes the member at its deadlines from now on. */
void events_open(struct daemon *daemon);
/* Closes its handles; they end with the loop's next turn. */
void events_close(struct daemon *daemon);
