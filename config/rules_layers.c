/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about watchdog and fence agents.
 */
#include "config/rules_layers.h"

#include <stdio.h>
#include <string.h>

#include "config/fit.h"

static bool watchdog_does_not_fit(const struct config *config, struct evidence *evidence)
{
	struct span timeout;
	struct error error;
	if (fit_watchdog(config->setup.timing, config->watchdog_timeout, &timeout, &error) ==
	    CODE_OK)
		return false;
	note(evidence, 'x', error.text);
	return true;
}

bool required_watchdog_does_not_fit(const struct subject *on, struct evidence *evidence)
{
	const struct config *config = on->draft->config;
	return config->watchdog == USE_REQUIRED && watchdog_does_not_fit(config, evidence);
}

bool wanted_watchdog_does_not_fit(const struct subject *on, struct evidence *evidence)
{
	const struct config *config = on->draft->config;
	return config->watchdog == USE_AUTO && watchdog_does_not_fit(config, evidence);
}

static bool has_fence(const struct config *config, uint8_t member, unsigned turn)
{
	for (uint8_t i = 0; i < config->fence_count; i++)
		if (config->fences[i].member == member && config->fences[i].turn == turn)
			return true;
	return false;
}

bool fence_turn_is_missing(const struct subject *on, struct evidence *evidence)
{
	const struct config *config = on->draft->config;
	const struct config_fence *fence = &config->fences[on->a->index];
	unsigned before = fence->turn - 1U;
	char name[FENCE_NAME_BYTES + 8];
	if (before == 0 || has_fence(config, fence->member, before))
		return false;
	const char *node = config->setup.members[fence->member].name;
	if (before == 1)
		note(evidence, 'x', node);
	else {
		snprintf(name, sizeof name, "%s %u", node, before);
		note(evidence, 'x', name);
	}
	return true;
}

static bool role_has_node(const struct setup_role *role, uint8_t member)
{
	return memchr(role->nodes, member, role->node_count) != NULL;
}

bool fence_is_unused(const struct subject *on, struct evidence *evidence)
{
	const struct config *config = on->draft->config;
	uint8_t member = config->fences[on->a->index].member;
	note(evidence, 'x', config->setup.members[member].name);
	for (uint8_t i = 0; i < config->setup.role_count; i++)
		if (config->setup.roles[i].fences && role_has_node(&config->setup.roles[i], member))
			return false;
	return true;
}

bool fence_is_missing(const struct subject *on, struct evidence *evidence)
{
	const struct config *config = on->draft->config;
	const struct setup_role *role = &config->setup.roles[on->a->index];
	if (!role->fences)
		return false;
	for (uint8_t i = 0; i < role->node_count; i++)
		if (!has_fence(config, role->nodes[i], 1))
			note(evidence, 'x', config->setup.members[role->nodes[i]].name);
	return *evidence->text[0] != '\0';
}
