/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the gate is opened, guarded and looked after. Putting it at an interface for the first time
 * holds the loop for milliseconds: done at once for the interfaces of addresses, a few at a time
 * for all others, of which a host with containers makes many.
 */
#include "daemon/self_fencing/gatekeeper.h"

#include <stdio.h>
#include <string.h>

#include "daemon/platform/gate.h"
#include "daemon/platform/platform.h"
#include "daemon/resource/address_lifetime.h"

enum {
	LOOK_SOON_MS = 1000,   /* after news of interfaces that are not ours */
	LOOK_ON_MS = 100,      /* there are more than fit one turn of the loop */
	TURN_MS = 5,           /* so much fits */
	TRY_AGAIN_MS = 10000,  /* what failed */
	LOOK_EVERY_MS = 60000, /* whether somebody took away what should stand */
};

static const struct config *config_of(const struct gatekeeper *keeper)
{
	return keeper->settings.config;
}

static bool is_required(const struct gatekeeper *keeper)
{
	return config_of(keeper)->gate == USE_REQUIRED;
}

/* --- addresses of roles */

static bool lists_self(const struct setup *setup, uint8_t role)
{
	const struct setup_role *listed = &setup->roles[role];
	return memchr(listed->nodes, setup->self, listed->node_count) != NULL;
}

/* The next address of the role from *at on, *at moves behind it; false: there is none. */
static bool next_address(const struct config *config, uint8_t role, uint8_t *at,
                         struct network_address *address)
{
	const struct config_role *listed = &config->roles[role];
	while (*at < listed->resource_count) {
		const struct config_resource *found = &config->resources[listed->resources[*at]];
		(*at)++;
		if (found->type != RESOURCE_VIP)
			continue;
		address->address = found->address;
		address->prefix = found->prefix;
		address->index = 0;
		memcpy(address->interface, found->interface, sizeof address->interface);
		return true;
	}
	return false;
}

/* Whether this node may ever need the gate for a lease. Where it stands, it also guards addresses
 * of roles that belong elsewhere only. */
static bool find_roles(struct gatekeeper *keeper)
{
	const struct config *config = config_of(keeper);
	struct network_address address;
	bool is_any = false;
	for (uint8_t r = 0; r < config->setup.role_count; r++) {
		uint8_t at = 0;
		keeper->roles[r].has_address = next_address(config, r, &at, &address);
		is_any = is_any || (keeper->roles[r].has_address && lists_self(&config->setup, r));
	}
	return is_any;
}

/* --- what people and the member are told */

static void tell_trouble(struct gatekeeper *keeper, const char *text)
{
	if (strcmp(keeper->told, text) == 0)
		return;
	(void)snprintf(keeper->told, sizeof keeper->told, "%s", text);
	log_write(keeper->settings.log, LEVEL_WARNING, "packet gate: %s", text);
}

static void tell_fitness(const struct gatekeeper *keeper, uint8_t role)
{
	const struct gatekeeper_hooks *hooks = &keeper->settings.hooks;
	char why[GATEKEEPER_WHY_BYTES + 32];
	const char *text = keeper->gate == NULL ? keeper->why : keeper->roles[role].why;
	if (!is_required(keeper) || !keeper->roles[role].has_address ||
	    !lists_self(&config_of(keeper)->setup, role))
		return;
	(void)snprintf(why, sizeof why, "the packet gate is required: %s", text);
	hooks->fitness(hooks->context, role, text[0] == '\0' ? NULL : why);
}

static void tell_absence(struct gatekeeper *keeper, const struct error *error)
{
	bool expire = address_lifetime_is_possible(config_of(keeper)->setup.timing);
	if (strcmp(keeper->why, error->text) == 0)
		return;
	(void)snprintf(keeper->why, sizeof keeper->why, "%s", error->text);
	log_write(keeper->settings.log, LEVEL_WARNING,
	          "packet gate: none: %s. Without it, addresses whose lease is over go silent when "
	          "the worker or the guard removes them%s",
	          keeper->why,
	          expire ? ", or when they expire" : ", and stay if both are killed or stopped");
	for (uint8_t r = 0; r < config_of(keeper)->setup.role_count; r++)
		tell_fitness(keeper, r);
}

/* --- guarding */

/* `index`: only addresses of this interface; 0: all. */
static void guard_role(struct gatekeeper *keeper, uint8_t role, unsigned index)
{
	struct gatekeeper_role *known = &keeper->roles[role];
	struct network_address address;
	struct error error, trouble = {.code = CODE_OK};
	uint8_t at = 0;
	if (!known->has_address)
		return;
	while (next_address(config_of(keeper), role, &at, &address)) {
		address.index = network_index(keeper->network, address.interface);
		if (index != 0 && index != address.index)
			continue;
		/* Where its interface is missing, so is the address. */
		enum code code = gate_guard(keeper->gate, &address, role, &error);
		if (code != CODE_OK && code != CODE_NOT_FOUND)
			trouble = error;
	}
	if (trouble.code == CODE_OK && (index != 0 || known->why[0] == '\0'))
		return;
	(void)snprintf(known->why, sizeof known->why, "%s",
	               trouble.code == CODE_OK ? "" : trouble.text);
	if (trouble.code != CODE_OK)
		tell_trouble(keeper, trouble.text);
	tell_fitness(keeper, role);
}

static void guard_all(struct gatekeeper *keeper, unsigned index)
{
	for (uint8_t r = 0; r < config_of(keeper)->setup.role_count; r++)
		guard_role(keeper, r, index);
}

/* Until `until`, from where the last call ended; true: all. */
static bool cover_others(struct gatekeeper *keeper, struct instant until)
{
	unsigned indexes[NETWORK_INTERFACES_MAX];
	struct error error;
	size_t count = 0;
	if (network_interfaces(keeper->network, indexes, &count, &error) != CODE_OK) {
		tell_trouble(keeper, error.text);
		return true;
	}
	for (; keeper->covered < count; keeper->covered++) {
		if (instant_reached(platform_now(), until))
			return false;
		enum code code = gate_cover(keeper->gate, indexes[keeper->covered], &error);
		if (code != CODE_OK && code != CODE_NOT_FOUND)
			tell_trouble(keeper, error.text);
	}
	keeper->covered = 0;
	return true;
}

/* An earlier life with another configuration may have given the address to another slot. Then no
 * slot is believed until all addresses are where they belong. */
static bool has_moved(const struct gatekeeper *keeper)
{
	const struct config *config = config_of(keeper);
	for (uint8_t r = 0; r < config->setup.role_count; r++) {
		struct network_address address;
		uint8_t at = 0;
		unsigned slot = r;
		while (keeper->roles[r].has_address && next_address(config, r, &at, &address))
			if (gate_slot_of(keeper->gate, &address.address, &slot) && slot != r)
				return true;
	}
	return false;
}

void gatekeeper_follow(struct gatekeeper *keeper)
{
	if (keeper->gate == NULL)
		return;
	for (uint8_t r = 0; r < config_of(keeper)->setup.role_count; r++) {
		if (!keeper->roles[r].has_address)
			continue;
		struct instant end = keeper->settings.leases->end[r];
		if (end.ns == INSTANT_PAST.ns)
			gate_disclaim(keeper->gate, r);
		else
			gate_lease_end(keeper->gate, r, end);
	}
}

static void take_over(struct gatekeeper *keeper)
{
	struct error error;
	keeper->why[0] = '\0';
	if (has_moved(keeper)) {
		for (unsigned slot = 0; slot < GATE_SLOTS; slot++)
			gate_lease_end(keeper->gate, slot, INSTANT_PAST);
		guard_all(keeper, 0);
	}
	gatekeeper_follow(keeper);
	guard_all(keeper, 0);
	(void)cover_others(keeper, INSTANT_NEVER);
	if (gate_forget_rest(keeper->gate, &error) != CODE_OK)
		tell_trouble(keeper, error.text);
	for (uint8_t r = 0; r < config_of(keeper)->setup.role_count; r++)
		tell_fitness(keeper, r);
	log_write(keeper->settings.log, LEVEL_INFO,
	          "packet gate: active; an address falls silent when its lease ends");
}

/* Gates of this run directory that nobody tells of leases any more may be closed for ever. What an
 * ordinary user cannot see, an ordinary user has not made. */
static void remove_gates(struct gatekeeper *keeper, const char *keep)
{
	struct error error;
	unsigned removed = 0;
	enum code code = gate_remove_others(keeper->settings.run_dir, keep, &removed, &error);
	if (removed > 0)
		log_write(keeper->settings.log, LEVEL_INFO,
		          "packet gate: one of an earlier configuration was taken down");
	if (code != CODE_OK && code != CODE_DENIED && code != CODE_UNSUPPORTED)
		log_write(keeper->settings.log, LEVEL_WARNING, "packet gate: %s", error.text);
}

static void open_gate(struct gatekeeper *keeper)
{
	char name[GATE_NAME_BYTES];
	struct error error;
	gate_name(config_of(keeper)->cluster, keeper->settings.run_dir, name);
	remove_gates(keeper, name);
	if (gate_open(&keeper->gate, name, &error) == CODE_OK)
		take_over(keeper);
	else
		tell_absence(keeper, &error);
}

/* --- looking after it */

static bool has_trouble(const struct gatekeeper *keeper)
{
	bool is_any = keeper->gate == NULL;
	for (uint8_t r = 0; r < ROLES_MAX; r++)
		is_any = is_any || keeper->roles[r].why[0] != '\0';
	return is_any;
}

static void look(uv_timer_t *timer)
{
	struct gatekeeper *keeper = timer->data;
	struct instant until = instant_plus(platform_now(), span_ms(TURN_MS));
	bool is_all = true;
	struct error error;
	if (keeper->gate == NULL) {
		open_gate(keeper);
	} else {
		guard_all(keeper, 0);
		is_all = cover_others(keeper, until);
		if (is_all && gate_forget_rest(keeper->gate, &error) != CODE_OK)
			tell_trouble(keeper, error.text);
	}
	(void)uv_timer_start(timer, look,
	                     !is_all               ? LOOK_ON_MS
	                     : has_trouble(keeper) ? TRY_AGAIN_MS
	                                           : LOOK_EVERY_MS,
	                     0);
}

void gatekeeper_hear(struct gatekeeper *keeper, const struct network_change *change)
{
	if (keeper->gate == NULL)
		return;
	switch (change->news) {
	case NEWS_LINK:
		if (change->link.state != LINK_ABSENT)
			guard_all(keeper, change->index);
		break;
	case NEWS_MISSED:
		guard_all(keeper, 0);
		break;
	case NEWS_ADDRESS_GONE:
	case NEWS_ADDRESS_HERE:
		return;
	}
	if (uv_timer_get_due_in(&keeper->look) > LOOK_SOON_MS)
		(void)uv_timer_start(&keeper->look, look, LOOK_SOON_MS, 0);
}

bool gatekeeper_silences(const struct gatekeeper *keeper, uint8_t role)
{
	const struct gatekeeper_role *known = &keeper->roles[role];
	return keeper->gate != NULL && known->has_address && known->why[0] == '\0';
}

bool gatekeeper_view(const struct gatekeeper *keeper, uint8_t role, struct gatekeeper_view *view)
{
	const struct gatekeeper_role *known = &keeper->roles[role];
	struct instant end = keeper->settings.leases->end[role];
	*view = (struct gatekeeper_view){.use = GATE_NONE, .why = ""};
	if (!known->has_address)
		return false;
	if (!gatekeeper_silences(keeper, role)) {
		view->why = keeper->gate == NULL ? keeper->why : known->why;
		return true;
	}
	view->dropped = gate_dropped(keeper->gate, role);
	if (end.ns == INSTANT_PAST.ns)
		view->use = GATE_STANDBY;
	else
		view->use = instant_reached(platform_now(), end) ? GATE_CLOSED : GATE_OPEN;
	return true;
}

enum code gatekeeper_open(struct gatekeeper *keeper, const struct gatekeeper_settings *settings,
                          struct error *error)
{
	memset(keeper, 0, sizeof *keeper);
	keeper->settings = *settings;
	if (!find_roles(keeper) || config_of(keeper)->gate == USE_OFF) {
		(void)snprintf(keeper->why, sizeof keeper->why, "not wanted");
		remove_gates(keeper, NULL);
		return CODE_OK;
	}
	enum code code = network_open_deaf(&keeper->network, error);
	if (code != CODE_OK)
		return code;
	(void)uv_timer_init(settings->loop, &keeper->look); /* cannot fail */
	keeper->look.data = keeper;
	keeper->is_open = true;
	open_gate(keeper);
	/* One that is not required is not asked for again: what a host lacks, it lacks. */
	if (keeper->gate != NULL || is_required(keeper))
		(void)uv_timer_start(&keeper->look, look, LOOK_SOON_MS, 0);
	return CODE_OK;
}

void gatekeeper_close(struct gatekeeper *keeper)
{
	if (keeper->is_open)
		uv_close((uv_handle_t *)&keeper->look, NULL);
	keeper->is_open = false;
	network_close(keeper->network);
	gate_close(keeper->gate);
	keeper->network = NULL;
	keeper->gate = NULL;
}
