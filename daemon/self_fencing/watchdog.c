/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the member, the feeder and the loop. The member is never stepped from inside of a step:
 * what it has to be told waits for the timer, which then fires at once.
 */
#include "daemon/self_fencing/watchdog.h"

#include <stdio.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/platform/platform.h"

static void wake_up(uv_timer_t *timer);

static void say(void *context, enum note_level level, const char *line)
{
	log_write(context, level, "%s", line);
}

static bool is_candidate(const struct setup *setup, uint8_t role)
{
	for (uint8_t i = 0; i < setup->roles[role].node_count; i++) {
		if (setup->roles[role].nodes[i] == setup->self)
			return true;
	}
	return false;
}

static bool is_any_candidate(const struct setup *setup)
{
	for (uint8_t r = 0; r < setup->role_count; r++) {
		if (is_candidate(setup, r))
			return true;
	}
	return false;
}

static const char *obstacle(const struct watchdog_layer *layer)
{
	const char *why = watchdog_feeder_obstacle(&layer->feeder);

	return why == NULL ? "" : why;
}

static void schedule(struct watchdog_layer *layer)
{
	const bool untold = strcmp(obstacle(layer), layer->told) != 0;
	const struct instant due = watchdog_feeder_deadline(&layer->feeder);
	const int64_t left = instant_since(due, platform_now()).ns;

	if (!untold && due.ns == INSTANT_NEVER.ns) {
		(void)uv_timer_stop(&layer->timer);
		return;
	}
	uv_update_time(layer->settings.loop);
	(void)uv_timer_start(&layer->timer, wake_up,
	                     untold || left <= 0 ? 0 : (uint64_t)(left / 1000000) + 1, 0);
}

static void tell_fitness(struct watchdog_layer *layer)
{
	const struct setup *setup = &layer->settings.config->setup;
	char why[sizeof layer->told + 16];

	if (strcmp(obstacle(layer), layer->told) == 0)
		return;
	(void)snprintf(layer->told, sizeof layer->told, "%s", obstacle(layer));
	(void)snprintf(why, sizeof why, "watchdog: %s", layer->told);
	for (uint8_t r = 0; r < setup->role_count; r++) {
		if (is_candidate(setup, r))
			layer->settings.fitness(layer->settings.context, r,
			                        layer->told[0] == '\0' ? NULL : why);
	}
}

static void wake_up(uv_timer_t *timer)
{
	struct watchdog_layer *layer = timer->data;

	watchdog_feeder_turn(&layer->feeder);
	tell_fitness(layer);
	schedule(layer);
}

void watchdog_layer_open(struct watchdog_layer *layer,
                         const struct watchdog_layer_settings *settings)
{
	const struct config *config = settings->config;
	const struct watchdog_feeder_settings feeder = {
	    .use = is_any_candidate(&config->setup) ? config->watchdog : USE_OFF,
	    .device = config->watchdog_device,
	    .timeout = config->watchdog_timeout,
	    .timing = config->setup.timing,
	    .hooks = {.context = settings->log, .say = say},
	};

	layer->settings = *settings;
	layer->is_open = true;
	(void)uv_timer_init(settings->loop, &layer->timer);
	layer->timer.data = layer;
	watchdog_feeder_open(&layer->feeder, &feeder);
}

void watchdog_layer_follow(struct watchdog_layer *layer)
{
	const struct leases *leases = layer->settings.leases;

	if (!layer->is_open)
		return; /* closed: the loop ends */
	for (uint8_t r = 0; r < leases->count; r++)
		watchdog_feeder_follow(&layer->feeder, r, leases->end[r], leases->release[r]);
	watchdog_feeder_turn(&layer->feeder);
	schedule(layer);
}

bool watchdog_layer_allows(const struct watchdog_layer *layer, uint8_t role)
{
	return watchdog_feeder_allows(&layer->feeder, role);
}

void watchdog_layer_close(struct watchdog_layer *layer)
{
	if (!layer->is_open)
		return;
	watchdog_feeder_close(&layer->feeder);
	uv_close((uv_handle_t *)&layer->timer, NULL);
	layer->is_open = false;
}
