/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function for each of its objects.
 */
#include "daemon/control/status_host.h"

#include <stdio.h>

#include "config/print.h"
#include "config/schema.h"
#include "daemon/control/json.h"
#include "daemon/control/status_sources.h"

enum {
	SENTENCE_BYTES = 256,
	CONFLICT_WARNS_MS = 10 * 60 * 1000,
};

static void add_guard(cJSON *json, cJSON *warnings, const struct status_sources *from)
{
	const struct shared_memory *memory = from->self_fencing->memory;
	cJSON *guard = cJSON_AddObjectToObject(json, "guard");

	json_number(json, "pid", (uint64_t)uv_os_getpid());
	(void)cJSON_AddBoolToObject(guard, "watches", guard_link_holds(from->guard_link));
	if (memory == NULL) {
		(void)cJSON_AddNullToObject(guard, "pid");
		(void)cJSON_AddNullToObject(guard, "worker_starts");
	} else {
		json_number(guard, "pid", (uint64_t)atomic_load(&memory->guard_pid));
		json_number(guard, "worker_starts", atomic_load(&memory->worker_starts));
	}
	if (!guard_link_holds(from->guard_link))
		json_sentence(warnings, "no guard watches over this daemon");
}

static void add_store(cJSON *json, cJSON *warnings, const struct status_sources *from)
{
	const char *trouble = store_trouble(from->store);

	json_text(json, "state_error", trouble != NULL ? trouble : "", trouble != NULL);
	if (trouble != NULL)
		json_sentence(warnings, trouble);
}

static void add_watchdog(cJSON *json, const struct status_sources *from, struct instant now)
{
	const struct watchdog_feeder *feeder = &from->self_fencing->watchdog.feeder;
	const struct watchdog *policy = &feeder->policy;
	const bool armed = policy->armed.ns > 0;
	cJSON *watchdog = cJSON_AddObjectToObject(json, "watchdog");

	(void)cJSON_AddStringToObject(watchdog, "use", use_word(from->config->watchdog));
	json_text(watchdog, "device", feeder->device.path, feeder->in_use);
	json_text(watchdog, "identity", feeder->facts.identity, feeder->proven);
	(void)cJSON_AddBoolToObject(watchdog, "armed", armed);
	if (feeder->in_use)
		json_ms(watchdog, "timeout_ms", policy->timeout);
	else
		(void)cJSON_AddNullToObject(watchdog, "timeout_ms");
	if (armed)
		json_ms(watchdog, "fed_ms", instant_since(now, policy->fed));
	else
		(void)cJSON_AddNullToObject(watchdog, "fed_ms");
	json_text(watchdog, "error", feeder->trouble, true);
}

static void add_senses(cJSON *json, const struct status_sources *from, struct instant now)
{
	const struct reannounce *reannounce = from->reannounce;
	cJSON *pauses = cJSON_AddObjectToObject(json, "pauses");

	json_number(pauses, "count", reannounce->pauses);
	json_ms(pauses, "last_ms", reannounce->last_pause);
	json_ms(pauses, "longest_ms", reannounce->longest_pause);
	if (reannounce->pauses > 0)
		json_ms(pauses, "ago_ms", instant_since(now, reannounce->paused_at));
	else
		(void)cJSON_AddNullToObject(pauses, "ago_ms");
	json_number(json, "announced_again", reannounce->announced);
}

static void warn_of_conflicts(cJSON *warnings, const struct status_sources *from,
                              struct instant now)
{
	const struct config *config = from->config;

	for (uint8_t i = 0; i < config->resource_count; i++) {
		char station[STATION_TEXT_BYTES], sentence[SENTENCE_BYTES];
		struct resource_view view;

		runner_view(from->runner, i, &view);
		if (view.conflict.signs == 0 ||
		    instant_since(now, view.conflict.heard_at).ns > span_ms(CONFLICT_WARNS_MS).ns)
			continue;
		address_conflict_station(&view.conflict, station);
		(void)snprintf(sentence, sizeof sentence,
		               "%s: station %s says that the address is its own (%u signs)",
		               config->resources[i].name, station, (unsigned)view.conflict.signs);
		json_sentence(warnings, sentence);
	}
}

static void add_escalation(cJSON *json, cJSON *warnings, const struct status_sources *from)
{
	const struct reboot_reason *last = &from->self_fencing->escalator.last;
	cJSON *escalation = cJSON_AddObjectToObject(json, "escalation");
	char sentence[LASTWORDS_TEXT_BYTES + 96];

	(void)cJSON_AddStringToObject(escalation, "means", escalate_word(from->config->escalate));
	json_text(escalation, "last_at", last->date, last->known);
	json_text(escalation, "last_why", last->text, last->known);
	if (!last->fresh)
		return;
	(void)snprintf(sentence, sizeof sentence, "failoverd rebooted this host at %s: %s",
	               last->date, last->text);
	json_sentence(warnings, sentence);
}

static void add_strays(cJSON *problems, const struct status_sources *from)
{
	const struct config *config = from->config;

	for (uint8_t i = 0; i < config->resource_count; i++) {
		const char *interface = strays_find(from->strays, i);
		char address[ADDRESS_TEXT_BYTES], sentence[SENTENCE_BYTES];

		if (interface == NULL)
			continue;
		address_format(&config->resources[i].address, address);
		(void)snprintf(sentence, sizeof sentence,
		               "%s: %s is on interface %s of this host, which does not own it: "
		               "remove it there",
		               config->resources[i].name, address, interface);
		json_sentence(problems, sentence);
	}
}

void status_host(cJSON *json, cJSON *problems, cJSON *warnings, const struct status_sources *from,
                 struct instant now)
{
	cJSON *strangers = cJSON_AddObjectToObject(json, "strangers");

	json_refused(strangers, from->admission->refused_strangers);
	add_store(json, warnings, from);
	json_number(json, "log_lines_lost", log_dropped(from->log));
	add_guard(json, warnings, from);
	add_senses(json, from, now);
	warn_of_conflicts(warnings, from, now);
	add_strays(problems, from);
	add_watchdog(json, from, now);
	add_escalation(json, warnings, from);
}
