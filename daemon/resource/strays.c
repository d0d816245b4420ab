/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps no picture of the host's addresses: looks again whenever something may have changed.
 */
#include "daemon/resource/strays.h"

#include <stdio.h>
#include <string.h>

#include "config/print.h"

enum {
	LOOK_SOON_MS = 1,      /* in the loop rather than in a step of the member */
	LOOK_EVERY_MS = 60000, /* in case news were lost */
};

static const struct config *config_of(const struct strays *strays)
{
	return strays->settings.config;
}

static bool has_claim(const struct strays *strays, uint8_t role)
{
	return strays->settings.leases->end[role].ns != INSTANT_PAST.ns;
}

static void report(const struct strays *strays, uint8_t role, uint8_t resource,
                   const char *interface)
{
	const struct strays_hooks *hooks = &strays->settings.hooks;
	const struct config_resource *of = &config_of(strays)->resources[resource];
	char address[ADDRESS_TEXT_BYTES];
	address_format(&of->address, address);
	if (interface[0] == '\0')
		log_write(strays->settings.log, LEVEL_INFO,
		          "resource %s: %s is no longer on this host", of->name, address);
	else
		log_write(strays->settings.log, LEVEL_ERROR,
		          "resource %s: %s is on interface %s of this host, which does not own %s: "
		          "somebody else configured it; remove it there (%s)",
		          of->name, address, interface, config_of(strays)->setup.roles[role].name,
		          hooks->is_silent(hooks->context, role)
		              ? "the packet gate keeps it silent"
		              : "both this host and the owner may answer");
}

/* The resources of the role that are addresses, from *at on; false: there are no more. */
static bool next_address(const struct config *config, uint8_t role, uint8_t *at, uint8_t *resource)
{
	while (*at < config->roles[role].resource_count) {
		*resource = config->roles[role].resources[(*at)++];
		if (config->resources[*resource].type == RESOURCE_VIP)
			return true;
	}
	return false;
}

/* A role, or one `claimed` here, that has the address. An address can be in two roles while one of
 * them ends because the file gave its address to the other. */
static bool is_of_a_role(const struct strays *strays, const struct address *address, bool claimed)
{
	const struct config *config = config_of(strays);
	for (uint8_t r = 0; r < config->setup.role_count; r++) {
		uint8_t at = 0, resource;
		while ((!claimed || has_claim(strays, r)) &&
		       next_address(config, r, &at, &resource))
			if (memcmp(address, &config->resources[resource].address,
			           sizeof *address) == 0)
				return true;
	}
	return false;
}

static void look_for(struct strays *strays, uint8_t role, uint8_t resource)
{
	const struct config_resource *of = &config_of(strays)->resources[resource];
	char interface[CONFIG_INTERFACE_BYTES] = "";
	if (is_of_a_role(strays, &of->address, true)) {
		/* It is where it belongs, or is taken away before the claim ends. */
		strays->found[resource][0] = '\0';
		return;
	}
	enum code code = network_find(strays->network, &of->address, interface, NULL);
	if ((code != CODE_OK && code != CODE_NOT_FOUND) ||
	    strcmp(interface, strays->found[resource]) == 0)
		return;
	memcpy(strays->found[resource], interface, sizeof interface);
	report(strays, role, resource, interface);
}

static void look(uv_timer_t *timer)
{
	struct strays *strays = timer->data;
	const struct config *config = config_of(strays);
	bool is_any = false;
	(void)uv_timer_start(timer, look, LOOK_EVERY_MS, 0);
	for (uint8_t r = 0; r < config->setup.role_count; r++) {
		uint8_t at = 0, resource;
		while (next_address(config, r, &at, &resource)) {
			look_for(strays, r, resource);
			is_any = is_any || strays->found[resource][0] != '\0';
		}
	}
	if (is_any == strays->is_any)
		return;
	strays->is_any = is_any;
	strays->settings.hooks.changed(strays->settings.hooks.context, is_any);
}

void strays_follow(struct strays *strays)
{
	bool is_due = false;
	for (uint8_t r = 0; r < config_of(strays)->setup.role_count; r++) {
		bool has = has_claim(strays, r);
		is_due = is_due || has != strays->had_claim[r];
		strays->had_claim[r] = has;
	}
	if (is_due && strays->is_open)
		(void)uv_timer_start(&strays->look, look, LOOK_SOON_MS, 0);
}

void strays_hear(struct strays *strays, const struct network_change *change)
{
	bool is_due = change->news == NEWS_MISSED ||
	              (change->news != NEWS_LINK && is_of_a_role(strays, &change->address, false));
	if (is_due && strays->is_open)
		(void)uv_timer_start(&strays->look, look, LOOK_SOON_MS, 0);
}

const char *strays_find(const struct strays *strays, uint8_t resource)
{
	const char *interface = strays->found[resource];
	return interface[0] == '\0' ? NULL : interface;
}

enum code strays_open(struct strays *strays, const struct strays_settings *settings,
                      struct error *error)
{
	memset(strays, 0, sizeof *strays);
	strays->settings = *settings;
	enum code code = network_open_deaf(&strays->network, error);
	if (code != CODE_OK)
		return code;
	(void)uv_timer_init(settings->loop, &strays->look); /* cannot fail */
	strays->look.data = strays;
	strays->is_open = true;
	(void)uv_timer_start(&strays->look, look, LOOK_SOON_MS, 0);
	return CODE_OK;
}

void strays_close(struct strays *strays)
{
	if (strays->is_open)
		uv_close((uv_handle_t *)&strays->look, NULL);
	strays->is_open = false;
	network_close(strays->network);
	strays->network = NULL;
}
