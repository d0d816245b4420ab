/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first layer is the memory that the guard enforces.
 */
#include "daemon/self_fencing/self_fencing.h"

/* The kernel's two: the gate that silences an address when its lease ends, and the end of the
 * address itself. */
static void follow_addresses(struct self_fencing *self_fencing)
{
	const struct self_fencing_hooks *hooks = &self_fencing->settings.hooks;
	const struct leases *leases = self_fencing->settings.leases;

	gatekeeper_follow(&self_fencing->gatekeeper);
	for (uint8_t r = 0; r < leases->count; r++) {
		const struct lifetime_lease lease = {
		    .end = leases->end[r],
		    .gone_by = instant_plus(leases->end[r], leases->release[r]),
		    .is_silent_after = gatekeeper_silences(&self_fencing->gatekeeper, r),
		};

		hooks->limit_addresses(hooks->context, r, lease);
	}
}

static void follow_memory(struct self_fencing *self_fencing)
{
	const struct self_fencing_hooks *hooks = &self_fencing->settings.hooks;
	const struct setup *setup = &self_fencing->settings.config->setup;
	const struct leases *known = self_fencing->settings.leases;
	struct memory_lease leases[ROLES_MAX];

	if (self_fencing->memory == NULL)
		return;
	hooks->keep(hooks->context, &self_fencing->kept);
	for (uint8_t r = 0; r < known->count; r++)
		leases[r] = (struct memory_lease){
		    .role = setup->roles[r].id, .end = known->end[r], .release = known->release[r]};
	if (shared_memory_follow(self_fencing->memory, &self_fencing->kept, leases, known->count))
		hooks->wake_guard(hooks->context);
}

static void open_watchdog(struct self_fencing *self_fencing)
{
	const struct self_fencing_settings *own = &self_fencing->settings;
	const struct watchdog_layer_settings settings = {
	    .config = own->config,
	    .leases = own->leases,
	    .log = own->log,
	    .loop = own->loop,
	    .context = own->hooks.context,
	    .fitness = own->hooks.watchdog_fitness,
	};

	watchdog_layer_open(&self_fencing->watchdog, &settings);
}

static enum code open_escalator(struct self_fencing *self_fencing, struct error *error)
{
	const struct self_fencing_settings *own = &self_fencing->settings;
	const struct escalator_settings settings = {
	    .config = own->config,
	    .leases = own->leases,
	    .log = own->log,
	    .loop = own->loop,
	    .state_dir = own->state_dir,
	    .context = own->hooks.context,
	    .list_up = own->hooks.list_up,
	    .kill_again = own->hooks.kill_again,
	};

	return escalator_open(&self_fencing->escalator, &settings, error);
}

static enum code open_gatekeeper(struct self_fencing *self_fencing, struct error *error)
{
	const struct self_fencing_settings *own = &self_fencing->settings;
	const struct gatekeeper_settings settings = {
	    .config = own->config,
	    .leases = own->leases,
	    .run_dir = own->run_dir,
	    .log = own->log,
	    .loop = own->loop,
	    .hooks = {.context = own->hooks.context, .fitness = own->hooks.gate_fitness},
	};

	return gatekeeper_open(&self_fencing->gatekeeper, &settings, error);
}

enum code self_fencing_open(struct self_fencing *self_fencing,
                            const struct self_fencing_settings *settings, struct error *error)
{
	struct shared_memory *memory = self_fencing->memory;
	enum code code;

	self_fencing->settings = *settings;
	if (memory != NULL)
		atomic_store(&memory->escalates, settings->config->escalate == ESCALATE_REBOOT);
	open_watchdog(self_fencing);
	code = open_escalator(self_fencing, error);
	return code == CODE_OK ? open_gatekeeper(self_fencing, error) : code;
}

void self_fencing_follow(struct self_fencing *self_fencing)
{
	follow_memory(self_fencing);
	follow_addresses(self_fencing);
	watchdog_layer_follow(&self_fencing->watchdog);
	escalator_follow(&self_fencing->escalator);
}

void self_fencing_network(struct self_fencing *self_fencing, const struct network_change *change)
{
	gatekeeper_hear(&self_fencing->gatekeeper, change);
}

bool self_fencing_allow(const struct self_fencing *self_fencing, uint8_t role)
{
	return watchdog_layer_allows(&self_fencing->watchdog, role);
}

void self_fencing_turn(struct self_fencing *self_fencing)
{
	if (self_fencing->memory != NULL)
		atomic_fetch_add(&self_fencing->memory->worker_turns, 1);
}

void self_fencing_close(struct self_fencing *self_fencing)
{
	gatekeeper_close(&self_fencing->gatekeeper);
	escalator_close(&self_fencing->escalator);
	watchdog_layer_close(&self_fencing->watchdog);
}
