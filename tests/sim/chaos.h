/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The single faults of a run, shared by the files that carry them out. Private to tests/sim.
 */
#pragma once

#include "tests/sim/run.h"

/* A random host; one that owns something if there is any. */
uint8_t chaos_host(struct run *run);
uint8_t chaos_owner(struct run *run);

void chaos_power(struct run *run, uint8_t host);
void chaos_kill(struct run *run, uint8_t host);
void chaos_freeze(struct run *run, uint8_t host);
void chaos_isolate(struct run *run, uint8_t host);

/* What befalls the guard, and a daemon within a step: chaos_layers.c. */
void chaos_guard_kill(struct run *run, uint8_t host);
void chaos_guard_freeze(struct run *run, uint8_t host);
void chaos_freeze_both(struct run *run, uint8_t host);
void chaos_kill_both(struct run *run, uint8_t host);
/* One of these, in its next step that asks for something. */
void chaos_doom(struct run *run, uint8_t host, enum doom first, enum doom last);

/* What operators, disks and resources do: chaos_orders.c. */
void chaos_request(struct run *run, enum request_kind kind);
void chaos_leave(struct run *run);
void chaos_break(struct run *run);
void chaos_fitness(struct run *run);
void chaos_disk_lost(struct run *run);
void chaos_disk_damaged(struct run *run);
void chaos_disk_full(struct run *run);
void chaos_disk_copy(struct run *run);
void chaos_disk_put_back(struct run *run);
void chaos_timing(struct run *run);
void chaos_drift(struct run *run);

/* Paused machines and fence agents: chaos_fence.c. */
void chaos_halt(struct run *run);
void chaos_agent(struct run *run);
void chaos_draw_fencing(struct run *run, struct plan *plan);
/* Everything works again; how long those who failed still wait at most. */
void chaos_heal_agents(struct world *world);
int64_t chaos_fence_wait(const struct world *world);

/* Plots: plots.c. Each step returns the time until the next. */
void plot_begin(struct run *run);
int64_t plot_go_on(struct run *run);
