/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions to the platform behind each layer.
 */
#include "daemon/cli/look.h"

#include <string.h>

#include "config/fit.h"
#include "config/print.h"
#include "daemon/platform/gate.h"
#include "daemon/platform/watchdog.h"
#include "daemon/resource/lifetime.h"

static bool has_address(const struct config *config)
{
	const struct setup *setup = &config->setup;

	for (uint8_t r = 0; r < setup->role_count; r++) {
		const struct config_role *role = &config->roles[r];

		if (memchr(setup->roles[r].nodes, setup->self, setup->roles[r].node_count) == NULL)
			continue;
		for (uint8_t i = 0; i < role->resource_count; i++)
			if (config->resources[role->resources[i]].type == RESOURCE_VIP)
				return true;
	}
	return false;
}

enum code look_at_gate(const struct config *config, bool daemon_runs, struct error *text)
{
	enum code code;

	(void)daemon_runs;
	if (!has_address(config)) {
		(void)error_set(text, CODE_OK, "not needed: no role of this host has an address");
		return CODE_OK;
	}
	if (config->gate == USE_OFF) {
		(void)error_set(text, CODE_OK,
		                "off: an address falls silent when the daemon removes it%s",
		                lifetime_is_possible(config->setup.timing) ? ", or expires" : "");
		return CODE_OK;
	}
	code = gate_probe(text);
	if (code == CODE_OK)
		(void)error_set(
		    text, CODE_OK,
		    "possible: the kernel silences an address the moment its lease ends");
	return code;
}

enum code look_at_lifetime(const struct config *config, bool daemon_runs, struct error *text)
{
	const struct timing *timing = &config->setup.timing;
	char both[SPAN_TEXT_BYTES];

	(void)daemon_runs;
	span_text(span_plus(timing->lease, timing->release), both);
	if (lifetime_is_possible(*timing))
		(void)error_set(
		    text, CODE_OK,
		    "addresses expire in the kernel before lease + release (%s) is over", both);
	else
		(void)error_set(text, CODE_OK,
		                "none: the kernel counts whole seconds, and lease + release is %s, "
		                "less than 2s",
		                both);
	return CODE_OK;
}

enum code look_at_watchdog(const struct config *config, bool daemon_runs, struct error *text)
{
	struct watchdog_facts facts;
	struct span timeout;
	char limit[SPAN_TEXT_BYTES];
	enum code code;

	if (config->watchdog == USE_OFF) {
		(void)error_set(text, CODE_OK, "off: a kernel that hangs as an owner is not reset");
		return CODE_OK;
	}
	code = fit_watchdog(config->setup.timing, config->watchdog_timeout, &timeout, text);
	if (code == CODE_OK)
		code = platform_watchdog_look(config->watchdog_device, &facts, text);
	if (code != CODE_OK)
		return code;
	span_text(timeout, limit);
	(void)error_set(text, CODE_OK, "%s (%s) with %s%s", config->watchdog_device, facts.identity,
	                limit,
	                facts.is_running && !daemon_runs
	                    ? "; it counts although the daemon does not run: another program may "
	                      "have it"
	                    : "");
	return CODE_OK;
}
