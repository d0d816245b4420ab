/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status document, one function for each of its objects. Times are milliseconds unless the name
 * says otherwise; what is not known is null, never left out.
 */
#include "daemon/control/status.h"

#include <stdio.h>

#include "config/print.h"
#include "daemon/control/json.h"
#include "daemon/control/status_fence.h"
#include "daemon/control/status_host.h"
#include "daemon/control/status_resource.h"
#include "daemon/control/status_role.h"
#include "daemon/control/status_sources.h"

enum { SENTENCE_BYTES = 512 };

/* --- members */

static void add_path(cJSON *list, const struct status_sources *from, uint8_t member, uint8_t path,
                     const struct path_view *view)
{
	const struct config *config = from->config;
	const struct net_errors errors = net_path_errors(from->net, member, path);
	char here[ADDRESS_TEXT_BYTES], there[ADDRESS_TEXT_BYTES];
	cJSON *json = cJSON_CreateObject();

	(void)cJSON_AddItemToArray(list, json);
	address_format(&config->members[config->setup.self].addresses[path], here);
	address_format(&config->members[member].addresses[path], there);
	(void)cJSON_AddStringToObject(json, "here", here);
	(void)cJSON_AddStringToObject(json, "there", there);
	(void)cJSON_AddBoolToObject(json, "heard", view->heard);
	if (view->heard)
		json_ms(json, "age_ms", view->age);
	else
		(void)cJSON_AddNullToObject(json, "age_ms");
	if (view->has_rtt)
		json_number(json, "rtt_us", (uint64_t)(view->rtt.ns / 1000));
	else
		(void)cJSON_AddNullToObject(json, "rtt_us");
	json_number(json, "loss_in_percent", view->loss_in);
	json_number(json, "loss_out_percent", view->loss_out);
	json_number(json, "send_errors", errors.count);
	json_text(json, "send_error", errors.last, true);
}

static const char *member_state(const struct peer_view *view, bool is_self)
{
	if (is_self)
		return "self";
	if (view->fresh)
		return "up";
	if (view->heard)
		return "one-way";
	return view->ever ? "silent" : "never-heard";
}

static void warn_of_member(cJSON *warnings, const char *name, const struct peer_view *view)
{
	const struct {
		bool holds;
		const char *text;
	} rows[] = {
	    {!view->heard && !view->leaving, " is not heard"},
	    {!view->heard && view->leaving, " was shut down"},
	    {view->heard && !view->fresh, " is heard but does not hear this member"},
	    {view->voters_differ, " counts with other voters: its votes do not count"},
	    {view->config_differs, " has another configuration"},
	    {view->paused, " is paused"},
	};
	char sentence[SENTENCE_BYTES];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!rows[i].holds)
			continue;
		(void)snprintf(sentence, sizeof sentence, "%s%s", name, rows[i].text);
		json_sentence(warnings, sentence);
	}
}

static void add_member(cJSON *list, cJSON *problems, cJSON *warnings,
                       const struct status_sources *from, uint8_t member, struct instant now)
{
	const struct setup *setup = &from->config->setup;
	const bool is_self = member == setup->self;
	struct peer_view view;
	cJSON *json = cJSON_CreateObject();
	cJSON *paths;

	member_view_peer(from->member, member, now, &view);
	(void)cJSON_AddItemToArray(list, json);
	(void)cJSON_AddStringToObject(json, "name", setup->members[member].name);
	(void)cJSON_AddStringToObject(json, "kind",
	                              setup->members[member].is_node ? "node" : "witness");
	(void)cJSON_AddBoolToObject(json, "votes", setup->members[member].votes);
	(void)cJSON_AddStringToObject(json, "state", member_state(&view, is_self));
	if (view.ever && !is_self)
		json_ms(json, "age_ms", view.age);
	else
		(void)cJSON_AddNullToObject(json, "age_ms");
	json_number(json, "incarnation", view.incarnation);
	(void)cJSON_AddBoolToObject(json, "paused", view.paused);
	(void)cJSON_AddBoolToObject(json, "relearning", view.relearning);
	(void)cJSON_AddBoolToObject(json, "abstaining", view.abstaining);
	(void)cJSON_AddBoolToObject(json, "leaving", view.leaving);
	(void)cJSON_AddBoolToObject(json, "voters_differ", view.voters_differ);
	(void)cJSON_AddBoolToObject(json, "config_differs", view.config_differs);
	paths = cJSON_AddArrayToObject(json, "paths");
	for (uint8_t i = 0; i < view.path_count; i++)
		add_path(paths, from, member, i, &view.paths[i]);
	json_refused(json, from->admission->refused[member]);
	status_fence(json, warnings, from, member, now);
	warn_of_member(warnings, setup->members[member].name, &view);
	if (view.stray && view.fresh && !is_self) {
		char sentence[SENTENCE_BYTES];

		(void)snprintf(sentence, sizeof sentence,
		               "%s has an address of a role that it does not own: see status there",
		               setup->members[member].name);
		json_sentence(problems, sentence);
	}
}

/* A network that went dead while others carry on: once for all, or for each member on it. */
static void warn_of_path(cJSON *warnings, const struct status_sources *from, uint8_t path,
                         struct instant now)
{
	const struct setup *setup = &from->config->setup;
	bool silent[MEMBERS_MAX] = {false};
	unsigned with = 0, dead = 0;
	char sentence[SENTENCE_BYTES];

	for (uint8_t i = 0; i < setup->member_count; i++) {
		struct peer_view view;

		member_view_peer(from->member, i, now, &view);
		if (!view.heard || path >= view.path_count || view.path_count < 2)
			continue;
		silent[i] = !view.paths[path].heard;
		with++;
		dead += silent[i];
	}
	if (dead > 1 && dead == with) {
		(void)snprintf(sentence, sizeof sentence,
		               "network %u is silent: no member is heard on it", path + 1u);
		json_sentence(warnings, sentence);
		return;
	}
	for (uint8_t i = 0; i < setup->member_count; i++) {
		if (!silent[i])
			continue;
		(void)snprintf(sentence, sizeof sentence, "network %u to %s is silent", path + 1u,
		               setup->members[i].name);
		json_sentence(warnings, sentence);
	}
}

/* --- the whole */

static void add_timing(cJSON *to, const struct timing *timing)
{
	cJSON *json = cJSON_AddObjectToObject(to, "timing");

	json_ms(json, "heartbeat_ms", timing->heartbeat);
	json_ms(json, "lease_ms", timing->lease);
	json_ms(json, "release_ms", timing->release);
	json_ms(json, "promise_ms", timing_promise(*timing));
}

/* A cluster of two voters is built like that, and `check` says so once: what is told here is that
 * voters are missing. */
static void judge_quorum(const struct status_verdict *verdict, const struct member_view *view)
{
	char sentence[SENTENCE_BYTES];

	if (view->quorum && view->voters_heard < view->voters_total &&
	    view->voters_heard == view->votes_needed) {
		(void)snprintf(sentence, sizeof sentence,
		               "one more lost voter ends the quorum: %u of %u heard, %u needed",
		               view->voters_heard, view->voters_total, view->votes_needed);
		json_sentence(verdict->risks, sentence);
	}
	if (view->quorum)
		return;
	(void)snprintf(sentence, sizeof sentence, "no quorum: %u of %u voters heard, %u needed",
	               view->voters_heard, view->voters_total, view->votes_needed);
	json_sentence(verdict->problems, sentence);
}

static void add_self(cJSON *json, const struct status_verdict *verdict,
                     const struct status_sources *from, struct instant now)
{
	struct member_view view;
	cJSON *quorum;

	member_view(from->member, now, &view);
	json_number(json, "incarnation", view.incarnation);
	quorum = cJSON_AddObjectToObject(json, "quorum");
	(void)cJSON_AddBoolToObject(quorum, "seen", view.quorum);
	json_number(quorum, "voters_heard", view.voters_heard);
	json_number(quorum, "voters_total", view.voters_total);
	json_number(quorum, "votes_needed", view.votes_needed);
	(void)cJSON_AddBoolToObject(json, "relearning", view.relearning);
	(void)cJSON_AddBoolToObject(json, "abstaining", view.abstaining);
	json_ms(json, "abstains_ms", view.abstains_for);
	(void)cJSON_AddBoolToObject(json, "paused", view.paused);
	(void)cJSON_AddBoolToObject(json, "file_voters_differ", view.file_voters_differ);
	judge_quorum(verdict, &view);
	if (view.relearning)
		json_sentence(verdict->warnings,
		              "this member lost its state and is learning from the others");
	if (view.file_voters_differ)
		json_sentence(verdict->warnings,
		              "the configuration names other voters than the cluster was "
		              "started with; the old set counts");
}

cJSON *status_json(const struct status_sources *from, struct instant now)
{
	const struct setup *setup = &from->config->setup;
	cJSON *json = cJSON_CreateObject();
	struct status_verdict verdict;
	cJSON *list;
	bool healthy;

	json_number(json, "schema", STATUS_SCHEMA);
	(void)cJSON_AddStringToObject(json, "version", FAILOVERD_VERSION);
	(void)cJSON_AddStringToObject(json, "cluster", from->config->cluster);
	(void)cJSON_AddStringToObject(json, "self", setup->members[setup->self].name);
	json_ms(json, "uptime_ms", instant_since(now, from->started));
	/* Both are set when the sentences are known. */
	(void)cJSON_AddBoolToObject(json, "healthy", false);
	(void)cJSON_AddBoolToObject(json, "degraded", false);
	verdict.problems = cJSON_AddArrayToObject(json, "problems");
	verdict.risks = cJSON_AddArrayToObject(json, "risks");
	verdict.warnings = cJSON_AddArrayToObject(json, "warnings");
	add_self(json, &verdict, from, now);
	add_timing(json, &setup->timing);
	list = cJSON_AddArrayToObject(json, "members");
	for (uint8_t i = 0; i < setup->member_count; i++)
		add_member(list, verdict.problems, verdict.warnings, from, i, now);
	for (uint8_t path = 0; path < PATHS_MAX; path++)
		warn_of_path(verdict.warnings, from, path, now);
	status_roles(json, &verdict, from, now);
	status_resources(json, verdict.warnings, from, now);
	status_host(json, verdict.problems, verdict.warnings, from, now);
	healthy = cJSON_GetArraySize(verdict.problems) == 0;
	(void)cJSON_ReplaceItemInObject(json, "healthy", cJSON_CreateBool(healthy));
	(void)cJSON_ReplaceItemInObject(
	    json, "degraded", cJSON_CreateBool(healthy && cJSON_GetArraySize(verdict.risks) > 0));
	return json;
}
