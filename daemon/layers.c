/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first layer is the memory that the guard enforces.
 */
#include "daemon/layers.h"

#include "daemon/daemon.h"

/* What the member keeps goes first: a lease end that the guard knows must not belong to a claim
 * which the next life of the worker would not know. */
static void follow_memory(struct daemon *daemon)
{
	struct layers *layers = &daemon->layers;
	const struct setup *setup = &daemon->config.setup;

	if (layers->memory == NULL)
		return;
	member_keep(&daemon->member, &layers->kept);
	memory_keep(layers->memory, &layers->kept);
	for (uint8_t r = 0; r < setup->role_count; r++)
		memory_set_lease(layers->memory, setup->roles[r].id,
		                 member_lease_end(&daemon->member, r),
		                 member_release_limit(&daemon->member, r));
}

enum code layers_open(struct daemon *daemon, struct error *error)
{
	struct memory *memory = daemon->layers.memory;

	if (memory != NULL)
		atomic_store(&memory->escalates, daemon->config.escalate == ESCALATE_REBOOT);
	watchdog_layer_open(&daemon->layers.watchdog, daemon);
	return escalator_open(&daemon->layers.escalator, daemon, error);
}

void layers_follow(struct daemon *daemon)
{
	follow_memory(daemon);
	watchdog_layer_follow(&daemon->layers.watchdog);
	escalator_follow(&daemon->layers.escalator);
}

bool layers_allow(const struct daemon *daemon, uint8_t role)
{
	return watchdog_layer_allows(&daemon->layers.watchdog, role);
}

void layers_turn(struct daemon *daemon)
{
	if (daemon->layers.memory != NULL)
		atomic_fetch_add(&daemon->layers.memory->worker_turns, 1);
}

void layers_close(struct daemon *daemon)
{
	escalator_close(&daemon->layers.escalator);
	watchdog_layer_close(&daemon->layers.watchdog);
}
