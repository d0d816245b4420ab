/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions to the platform behind each layer.
 */
#include "daemon/cli/probes.h"

#include <stdio.h>
#include <string.h>

#include "config/fit.h"
#include "config/print.h"
#include "daemon/fence/agent.h"
#include "daemon/fence/agent_stdin.h"
#include "daemon/platform/gate.h"
#include "daemon/platform/watchdog.h"
#include "daemon/resource/address_lifetime.h"

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

enum code probe_gate(const struct config *config, bool daemon_runs, struct error *text)
{
	enum code code;

	(void)daemon_runs;
	if (!has_address(config)) {
		(void)error_set(text, CODE_OK, "not needed: no role of this host has an address");
		return CODE_OK;
	}
	if (config->gate == USE_OFF) {
		(void)error_set(
		    text, CODE_OK, "off: an address falls silent when the daemon removes it%s",
		    address_lifetime_is_possible(config->setup.timing) ? ", or expires" : "");
		return CODE_OK;
	}
	code = gate_probe(text);
	if (code == CODE_OK)
		(void)error_set(
		    text, CODE_OK,
		    "possible: the kernel silences an address the moment its lease ends");
	return code;
}

enum code probe_lifetime(const struct config *config, bool daemon_runs, struct error *text)
{
	const struct timing *timing = &config->setup.timing;
	char both[SPAN_TEXT_BYTES];

	(void)daemon_runs;
	span_text(span_plus(timing->lease, timing->release), both);
	if (address_lifetime_is_possible(*timing))
		(void)error_set(text, CODE_OK,
		                "addresses expire in the kernel unless their lease goes on");
	else
		(void)error_set(text, CODE_OK,
		                "none: the kernel counts whole seconds, and lease + release is %s, "
		                "less than 2s",
		                both);
	return CODE_OK;
}

enum code probe_watchdog(const struct config *config, bool daemon_runs, struct error *text)
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

static bool is_listed(const struct setup_role *role, uint8_t member)
{
	return memchr(role->nodes, member, role->node_count) != NULL;
}

/* This node may have to switch off that one. */
static bool may_fence(const struct setup *setup, uint8_t member)
{
	for (uint8_t r = 0; r < setup->role_count && member != setup->self; r++)
		if (setup->roles[r].fences && is_listed(&setup->roles[r], setup->self) &&
		    is_listed(&setup->roles[r], member))
			return true;
	return false;
}

static enum code look_at_fence(const struct config_fence *fence, struct error *text)
{
	char program[CONFIG_PATH_BYTES];
	struct agent_stdin *input = NULL;
	enum code code = agent_find(fence->agent, program, text);

	if (code == CODE_OK)
		code = agent_stdin_open(&input, fence, text);
	if (code != CODE_OK)
		return code;
	agent_stdin_close(input);
	(void)error_set(text, CODE_OK, "%s", program);
	return CODE_OK;
}

void probe_fences(const struct config *config,
                  void (*tell)(void *context, const char *name, enum code code,
                               const struct error *text),
                  void *context)
{
	for (uint8_t i = 0; i < config->fence_count; i++) {
		const struct config_fence *fence = &config->fences[i];
		char name[FENCE_NAME_BYTES + 8];
		struct error text;

		if (!may_fence(&config->setup, fence->member))
			continue;
		(void)snprintf(name, sizeof name, "fence %s", fence->name);
		enum code code = look_at_fence(fence, &text);
		tell(context, name, code, &text);
	}
}
