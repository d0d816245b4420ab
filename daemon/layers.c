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
		                 member_lease_end(&daemon->member, r));
}

enum code layers_open(struct daemon *daemon, struct error *error)
{
	(void)daemon;
	(void)error;
	return CODE_OK;
}

void layers_follow(struct daemon *daemon)
{
	follow_memory(daemon);
}

void layers_close(struct daemon *daemon)
{
	(void)daemon;
}
