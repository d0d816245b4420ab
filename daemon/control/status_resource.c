/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One object for each resource of a role that lists this node.
 */
#include "daemon/control/status_resource.h"

#include <stdio.h>

#include "config/print.h"
#include "daemon/control/json.h"
#include "daemon/control/status_sources.h"

enum { SENTENCE_BYTES = 320 };

/* A role that the file does not let this node own any more is of interest until it is down here. */
static bool is_ours(const struct status_sources *from, uint8_t role, struct instant now)
{
	const struct setup *setup = &from->config->setup;
	struct role_view view;

	if (setup->roles[role].retired) {
		member_view_role(from->member, role, now, &view);
		return view.claim != CLAIM_NONE;
	}
	for (uint8_t i = 0; i < setup->roles[role].node_count; i++) {
		if (setup->roles[role].nodes[i] == setup->self)
			return true;
	}
	return false;
}

/* Whether another station called its address its own. */
static void add_conflicts(cJSON *to, const struct address_conflict *conflict, struct instant now)
{
	cJSON *json = cJSON_AddObjectToObject(to, "conflicts");
	char station[STATION_TEXT_BYTES];

	address_conflict_station(conflict, station);
	json_number(json, "signs", conflict->signs);
	json_text(json, "station", station, conflict->signs > 0);
	if (conflict->signs > 0)
		json_ms(json, "ago_ms", instant_since(now, conflict->heard_at));
	else
		(void)cJSON_AddNullToObject(json, "ago_ms");
}

static void add_stop_time(cJSON *to, const struct stop_time *time)
{
	if (time->is_known) {
		json_ms(to, "stop_last_ms", time->last);
		json_ms(to, "stop_longest_ms", time->longest);
	} else {
		(void)cJSON_AddNullToObject(to, "stop_last_ms");
		(void)cJSON_AddNullToObject(to, "stop_longest_ms");
	}
}

static void warn_of_stop_time(cJSON *warnings, const struct config_resource *config,
                              const struct stop_time *time, struct timing timing)
{
	char sentence[SENTENCE_BYTES], longest[SPAN_TEXT_BYTES], release[SPAN_TEXT_BYTES];

	if (!stop_time_is_long(time, timing))
		return;
	span_text(timing.release, release);
	span_text(span_ms(time->longest.ns / 1000000 + 1), longest);
	(void)snprintf(sentence, sizeof sentence,
	               "%s: its stop has taken %s here, and release is %s: after a lost lease "
	               "others may start it before it is down",
	               config->name, longest, release);
	json_sentence(warnings, sentence);
}

/* How often somebody else removed it, and it was put back. */
static void add_repairs(cJSON *to, const struct repairs *repairs, struct instant now)
{
	cJSON *json = cJSON_AddObjectToObject(to, "repairs");

	json_number(json, "total", repairs->total);
	json_number(json, "last_minute", repairs_last_minute(repairs, now));
	json_text(json, "last_by", repairs->by, true);
	if (repairs->total > 0)
		json_ms(json, "ago_ms", instant_since(now, repairs->back_at));
	else
		(void)cJSON_AddNullToObject(json, "ago_ms");
}

/* Once is an accident; more is somebody who will go on. */
static void warn_of_repairs(cJSON *warnings, const struct config_resource *config,
                            const struct repairs *repairs, struct instant now)
{
	char text[REPAIRS_TEXT_BYTES], address[ADDRESS_TEXT_BYTES];
	char sentence[SENTENCE_BYTES];

	if (repairs_last_minute(repairs, now) < 2)
		return;
	address_format(&config->address, address);
	repairs_text(repairs, now, text);
	(void)snprintf(sentence, sizeof sentence, "%s: %s was %s", config->name, address, text);
	json_sentence(warnings, sentence);
}

static void json_since(cJSON *to, uint32_t seconds)
{
	if (seconds == UINT32_MAX)
		(void)cJSON_AddNullToObject(to, "since_ms");
	else
		json_number(to, "since_ms", (uint64_t)seconds * 1000);
}

static const char *const types[RESOURCE_TYPES] = {
    [RESOURCE_VIP] = "vip", [RESOURCE_PROCESS] = "process", [RESOURCE_SCRIPT] = "script"};

static void add_resource(cJSON *list, cJSON *warnings, const struct status_sources *from,
                         uint8_t role, uint8_t resource, struct instant now)
{
	const struct config_resource *config = &from->config->resources[resource];
	const char *stray = strays_find(from->strays, resource);
	struct resource_view view;
	cJSON *json = cJSON_CreateObject();

	runner_view(from->runner, resource, &view);
	(void)cJSON_AddItemToArray(list, json);
	(void)cJSON_AddStringToObject(json, "name", config->name);
	(void)cJSON_AddStringToObject(json, "role", from->config->setup.roles[role].name);
	(void)cJSON_AddStringToObject(json, "type", types[config->type]);
	(void)cJSON_AddBoolToObject(json, "critical", config->critical);
	(void)cJSON_AddStringToObject(json, "state", resource_word(view.state));
	json_since(json, resource_news_seconds(&view, now));
	json_number(json, "restarts", view.restarts);
	if (view.has_pid)
		(void)cJSON_AddNumberToObject(json, "pid", (double)view.pid);
	else
		(void)cJSON_AddNullToObject(json, "pid");
	json_text(json, "detail", view.detail, true);
	json_text(json, "stray", stray != NULL ? stray : "", true);
	add_conflicts(json, &view.conflict, now);
	add_stop_time(json, &view.stop_time);
	warn_of_stop_time(warnings, config, &view.stop_time, from->config->setup.timing);
	add_repairs(json, &view.repairs, now);
	warn_of_repairs(warnings, config, &view.repairs, now);
}

void status_resources(cJSON *to, cJSON *warnings, const struct status_sources *from,
                      struct instant now)
{
	const struct config *config = from->config;
	cJSON *list = cJSON_AddArrayToObject(to, "resources");

	for (uint8_t r = 0; r < config->setup.role_count; r++) {
		if (!is_ours(from, r, now))
			continue;
		for (uint8_t i = 0; i < config->roles[r].resource_count; i++)
			add_resource(list, warnings, from, r, config->roles[r].resources[i], now);
	}
}

/* As they were when their owner last said so; of this host as they are. */
static bool look_at(const struct status_sources *from, uint8_t resource, uint8_t owner,
                    struct instant now, struct resource_heard *seen)
{
	const struct resource_heard *heard;
	struct resource_view view;

	if (owner != from->config->setup.self) {
		heard = resource_news_find(from->resource_news, resource, owner, now);
		if (heard != NULL)
			*seen = *heard;
		return heard != NULL;
	}
	runner_view(from->runner, resource, &view);
	*seen = (struct resource_heard){.at = now};
	seen->report.state = view.state;
	seen->report.seconds = resource_news_seconds(&view, now);
	(void)snprintf(seen->report.detail, sizeof seen->report.detail, "%.*s",
	               RESOURCE_DETAIL_BYTES - 1, view.detail);
	return true;
}

void status_owned(cJSON *to, const struct status_sources *from, uint8_t role, uint8_t owner,
                  struct instant now)
{
	const struct config *config = from->config;
	cJSON *list = cJSON_AddArrayToObject(to, "resources");

	if (role >= config->setup.role_count || owner == NO_MEMBER)
		return;
	for (uint8_t i = 0; i < config->roles[role].resource_count; i++) {
		const uint8_t index = config->roles[role].resources[i];
		const struct config_resource *resource = &config->resources[index];
		struct resource_heard seen;
		const bool known = look_at(from, index, owner, now, &seen);
		cJSON *json = cJSON_CreateObject();

		(void)cJSON_AddItemToArray(list, json);
		(void)cJSON_AddStringToObject(json, "name", resource->name);
		(void)cJSON_AddStringToObject(json, "type", types[resource->type]);
		(void)cJSON_AddBoolToObject(json, "critical", resource->critical);
		json_text(json, "state", known ? resource_word(seen.report.state) : "", known);
		json_text(json, "detail", known ? seen.report.detail : "", known);
		json_since(json, known ? seen.report.seconds : UINT32_MAX);
		if (known)
			json_ms(json, "ago_ms", instant_since(now, seen.at));
		else
			(void)cJSON_AddNullToObject(json, "ago_ms");
	}
}
