/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first layer is the memory that the guard enforces.
 */
#include "daemon/self_fencing/self_fencing.h"

#include "daemon/daemon.h"

/* The kernel's two: the gate that silences an address when its lease ends, and the end of the
 * address itself. */
static void follow_addresses(struct daemon *daemon)
{
	const struct gatekeeper *keeper = &daemon->self_fencing.gatekeeper;

	gatekeeper_follow(&daemon->self_fencing.gatekeeper);
	for (uint8_t r = 0; r < daemon->config.setup.role_count; r++) {
		const struct instant end = member_lease_end(&daemon->member, r);
		const struct lifetime_lease lease = {
		    .end = end,
		    .gone_by = instant_plus(end, member_release_limit(&daemon->member, r)),
		    .is_silent_after = gatekeeper_silences(keeper, r),
		};

		runner_lease(daemon->runner, r, lease);
	}
}

static struct instant lease_end(void *context, uint8_t role)
{
	const struct daemon *daemon = context;

	return member_lease_end(&daemon->member, role);
}

static void gate_fitness(void *context, uint8_t role, const char *why)
{
	events_fitness(context, role, FIT_GATE, why);
}

static enum code open_gatekeeper(struct daemon *daemon, struct error *error)
{
	const struct gatekeeper_settings settings = {
	    .config = &daemon->config,
	    .run_dir = daemon->run_dir,
	    .log = daemon->log,
	    .loop = &daemon->loop,
	    .hooks = {.context = daemon, .lease_end = lease_end, .fitness = gate_fitness},
	};

	return gatekeeper_open(&daemon->self_fencing.gatekeeper, &settings, error);
}

static void follow_memory(struct daemon *daemon)
{
	struct self_fencing *self_fencing = &daemon->self_fencing;
	const struct setup *setup = &daemon->config.setup;
	struct memory_lease leases[ROLES_MAX];

	if (self_fencing->memory == NULL)
		return;
	member_keep(&daemon->member, &self_fencing->kept);
	for (uint8_t r = 0; r < setup->role_count; r++)
		leases[r] =
		    (struct memory_lease){.role = setup->roles[r].id,
		                          .end = member_lease_end(&daemon->member, r),
		                          .release = member_release_limit(&daemon->member, r)};
	if (shared_memory_follow(self_fencing->memory, &self_fencing->kept, leases,
	                         setup->role_count))
		guard_link_wake_guard(&daemon->guard_link);
}

enum code self_fencing_open(struct daemon *daemon, struct error *error)
{
	struct shared_memory *memory = daemon->self_fencing.memory;
	enum code code;

	if (memory != NULL)
		atomic_store(&memory->escalates, daemon->config.escalate == ESCALATE_REBOOT);
	watchdog_layer_open(&daemon->self_fencing.watchdog, daemon);
	code = escalator_open(&daemon->self_fencing.escalator, daemon, error);
	return code == CODE_OK ? open_gatekeeper(daemon, error) : code;
}

void self_fencing_follow(struct daemon *daemon)
{
	follow_memory(daemon);
	follow_addresses(daemon);
	watchdog_layer_follow(&daemon->self_fencing.watchdog);
	escalator_follow(&daemon->self_fencing.escalator);
}

void self_fencing_network(struct daemon *daemon, const struct network_change *change)
{
	gatekeeper_hear(&daemon->self_fencing.gatekeeper, change);
}

bool self_fencing_allow(const struct daemon *daemon, uint8_t role)
{
	return watchdog_layer_allows(&daemon->self_fencing.watchdog, role);
}

void self_fencing_turn(struct daemon *daemon)
{
	if (daemon->self_fencing.memory != NULL)
		atomic_fetch_add(&daemon->self_fencing.memory->worker_turns, 1);
}

void self_fencing_close(struct daemon *daemon)
{
	gatekeeper_close(&daemon->self_fencing.gatekeeper);
	escalator_close(&daemon->self_fencing.escalator);
	watchdog_layer_close(&daemon->self_fencing.watchdog);
}
