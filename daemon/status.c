/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status document, one function for each of its objects. Times are milliseconds unless the name
 * says otherwise; what is not known is null, never left out.
 */
#include "daemon/status.h"

#include <inttypes.h>
#include <stdio.h>

#include "config/print.h"
#include "daemon/daemon.h"
#include "daemon/json.h"
#include "daemon/resource/lifetime.h"
#include "daemon/status_fence.h"
#include "daemon/status_host.h"

enum { SENTENCE_BYTES = 512 };

static void add_member_name(cJSON *to, const char *name, const struct daemon *daemon,
                            uint8_t member)
{
	bool known = member != NO_MEMBER;

	json_text(to, name, known ? daemon->config.setup.members[member].name : "", known);
}

/* --- members */

static void add_path(cJSON *list, const struct daemon *daemon, uint8_t member, uint8_t path,
                     const struct path_view *view)
{
	const struct config *config = &daemon->config;
	const struct net_errors errors = net_path_errors(daemon->net, member, path);
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

static void add_member(cJSON *list, cJSON *warnings, const struct daemon *daemon, uint8_t member,
                       struct instant now)
{
	const struct setup *setup = &daemon->config.setup;
	const bool is_self = member == setup->self;
	struct peer_view view;
	cJSON *json = cJSON_CreateObject();
	cJSON *paths;

	member_view_peer(&daemon->member, member, now, &view);
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
		add_path(paths, daemon, member, i, &view.paths[i]);
	json_refused(json, daemon->door.refused[member]);
	status_fence(json, warnings, daemon, member, now);
	warn_of_member(warnings, setup->members[member].name, &view);
}

/* --- roles */

static void add_candidate(cJSON *list, const struct daemon *daemon, uint8_t role,
                          const struct candidate_view *view)
{
	cJSON *json = cJSON_CreateObject();
	const bool is_self = view->member == daemon->config.setup.self;
	const bool ready =
	    view->reachable && view->known && view->unfit == UNFIT_NOT && !view->mismatch;
	const char *reason = !view->reachable           ? "unreachable"
	                     : !view->known             ? "not-heard-of"
	                     : view->unfit != UNFIT_NOT ? unfit_word(view->unfit)
	                     : view->mismatch           ? "config-mismatch"
	                                                : "";
	const struct daemon_role *own = &daemon->roles[role];

	(void)cJSON_AddItemToArray(list, json);
	add_member_name(json, "member", daemon, view->member);
	(void)cJSON_AddBoolToObject(json, "ready", ready);
	json_text(json, "reason", reason, true);
	json_text(json, "detail", own->why[0] != '\0' ? own->why : own->failure, is_self);
	(void)cJSON_AddStringToObject(json, "claim", claim_word(view->claim));
	(void)cJSON_AddStringToObject(json, "phase", phase_word(view->phase));
	json_number(json, "failures", view->failures);
}

static void explain_role(cJSON *problems, const struct daemon *daemon, const char *name,
                         const struct role_view *view)
{
	const bool waits =
	    view->obstacle == OBSTACLE_FENCING || view->obstacle == OBSTACLE_FENCE_TURN ||
	    view->obstacle == OBSTACLE_FENCE_FAILED || view->obstacle == OBSTACLE_NO_FENCE;
	char sentence[SENTENCE_BYTES];

	if (view->owner == NO_MEMBER)
		(void)snprintf(sentence, sizeof sentence, "%s is wanted and nobody owns it%s%s",
		               name, waits ? ": " : "", waits ? obstacle_text(view->obstacle) : "");
	else
		(void)snprintf(sentence, sizeof sentence, "%s is not up yet: %s on %s", name,
		               phase_word(view->owner_phase),
		               daemon->config.setup.members[view->owner].name);
	json_sentence(problems, sentence);
}

static void add_vote(cJSON *to, const struct daemon *daemon, const struct role_view *view)
{
	cJSON *json = cJSON_AddObjectToObject(to, "vote");

	add_member_name(json, "holder", daemon, view->holder);
	json_ms(json, "promised_ms", view->promised);
}

/* What the kernel does about the role's addresses when nobody else can. */
static void add_kernel(cJSON *to, const struct daemon *daemon, uint8_t role)
{
	static const char *const uses[GATE_USES] = {
	    [GATE_NONE] = "none",
	    [GATE_PASSES] = "passes",
	    [GATE_OPEN] = "open",
	    [GATE_CLOSED] = "closed",
	};
	struct gatekeeper_view view;
	cJSON *json;

	if (role >= daemon->config.setup.role_count ||
	    !gatekeeper_view(&daemon->layers.gatekeeper, role, &view)) {
		(void)cJSON_AddNullToObject(to, "kernel");
		return;
	}
	json = cJSON_AddObjectToObject(to, "kernel");
	(void)cJSON_AddStringToObject(json, "gate", uses[view.use]);
	json_text(json, "gate_error", view.why, true);
	json_number(json, "dropped", view.dropped);
	(void)cJSON_AddBoolToObject(json, "lifetime",
	                            lifetime_is_possible(daemon->config.setup.timing));
}

static void add_role(cJSON *list, cJSON *problems, const struct daemon *daemon, uint8_t role,
                     struct instant now)
{
	const struct setup *setup = &daemon->config.setup;
	struct role_view view;
	char name[NAME_BYTES];
	cJSON *json = cJSON_CreateObject();
	cJSON *candidates;
	bool configured;

	member_view_role(&daemon->member, role, now, &view);
	configured = view.setup_role < setup->role_count;
	if (configured)
		(void)snprintf(name, sizeof name, "%s", setup->roles[view.setup_role].name);
	else
		(void)snprintf(name, sizeof name, "%016" PRIx64, view.id);
	(void)cJSON_AddItemToArray(list, json);
	(void)cJSON_AddStringToObject(json, "name", name);
	(void)cJSON_AddBoolToObject(json, "configured", configured);
	(void)cJSON_AddStringToObject(json, "wanted", wanted_word(view.wanted));
	add_member_name(json, "owner", daemon, view.owner);
	json_text(json, "phase", phase_word(view.owner_phase), view.owner != NO_MEMBER);
	json_number(json, "epoch", view.epoch);
	(void)cJSON_AddStringToObject(json, "claim", claim_word(view.claim));
	json_ms(json, "lease_left_ms", view.lease_left);
	add_vote(json, daemon, &view);
	if (view.retrying)
		json_ms(json, "retry_in_ms", view.retry_in);
	else
		(void)cJSON_AddNullToObject(json, "retry_in_ms");
	add_kernel(json, daemon, role);
	candidates = cJSON_AddArrayToObject(json, "nodes");
	for (uint8_t i = 0; i < view.candidate_count; i++)
		add_candidate(candidates, daemon, role, &view.candidates[i]);
	if (configured && view.wanted == WANTED_STARTED &&
	    (view.owner == NO_MEMBER || view.owner_phase != PHASE_UP))
		explain_role(problems, daemon, name, &view);
}

/* --- resources of this node */

static bool is_ours(const struct setup *setup, uint8_t role)
{
	for (uint8_t i = 0; i < setup->roles[role].node_count; i++) {
		if (setup->roles[role].nodes[i] == setup->self)
			return true;
	}
	return false;
}

/* Whether another station called its address its own. */
static void add_conflicts(cJSON *to, const struct rivalry *rivalry, struct instant now)
{
	cJSON *json = cJSON_AddObjectToObject(to, "conflicts");
	char station[STATION_TEXT_BYTES];

	rivalry_station(rivalry, station);
	json_number(json, "signs", rivalry->signs);
	json_text(json, "station", station, rivalry->signs > 0);
	if (rivalry->signs > 0)
		json_ms(json, "ago_ms", instant_since(now, rivalry->heard_at));
	else
		(void)cJSON_AddNullToObject(json, "ago_ms");
}

static void add_resource(cJSON *list, const struct daemon *daemon, uint8_t role, uint8_t resource,
                         struct instant now)
{
	static const char *const types[RESOURCE_TYPES] = {
	    [RESOURCE_VIP] = "vip", [RESOURCE_PROCESS] = "process", [RESOURCE_SCRIPT] = "script"};
	static const char *const states[] = {
	    [RESOURCE_DOWN] = "down",     [RESOURCE_STARTING] = "starting",
	    [RESOURCE_UP] = "up",         [RESOURCE_STOPPING] = "stopping",
	    [RESOURCE_FAILED] = "failed",
	};
	const struct config_resource *config = &daemon->config.resources[resource];
	struct resource_view view;
	cJSON *json = cJSON_CreateObject();

	runner_view(daemon->runner, resource, &view);
	(void)cJSON_AddItemToArray(list, json);
	(void)cJSON_AddStringToObject(json, "name", config->name);
	(void)cJSON_AddStringToObject(json, "role", daemon->config.setup.roles[role].name);
	(void)cJSON_AddStringToObject(json, "type", types[config->type]);
	(void)cJSON_AddBoolToObject(json, "critical", config->critical);
	(void)cJSON_AddStringToObject(json, "state", states[view.state]);
	json_number(json, "restarts", view.restarts);
	if (view.has_pid)
		(void)cJSON_AddNumberToObject(json, "pid", (double)view.pid);
	else
		(void)cJSON_AddNullToObject(json, "pid");
	json_text(json, "detail", view.detail, true);
	add_conflicts(json, &view.rivalry, now);
}

static void add_resources(cJSON *to, const struct daemon *daemon, struct instant now)
{
	const struct config *config = &daemon->config;
	cJSON *list = cJSON_AddArrayToObject(to, "resources");

	for (uint8_t r = 0; r < config->setup.role_count; r++) {
		if (!is_ours(&config->setup, r))
			continue;
		for (uint8_t i = 0; i < config->roles[r].resource_count; i++)
			add_resource(list, daemon, r, config->roles[r].resources[i], now);
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

static void add_self(cJSON *json, cJSON *problems, cJSON *warnings, const struct daemon *daemon,
                     struct instant now)
{
	struct member_view view;
	char sentence[SENTENCE_BYTES];
	cJSON *quorum;

	member_view(&daemon->member, now, &view);
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
	if (!view.quorum) {
		(void)snprintf(sentence, sizeof sentence,
		               "no quorum: %u of %u voters heard, %u needed", view.voters_heard,
		               view.voters_total, view.votes_needed);
		json_sentence(problems, sentence);
	}
	if (view.relearning)
		json_sentence(warnings,
		              "this member lost its state and is learning from the others");
	if (view.file_voters_differ)
		json_sentence(warnings, "the configuration names other voters than the cluster was "
		                        "started with; the old set counts");
}

cJSON *status_json(const struct daemon *daemon, struct instant now)
{
	const struct setup *setup = &daemon->config.setup;
	cJSON *json = cJSON_CreateObject();
	cJSON *problems, *warnings, *list;
	const uint8_t role_count = member_role_count(&daemon->member);

	json_number(json, "schema", STATUS_SCHEMA);
	(void)cJSON_AddStringToObject(json, "version", FAILOVERD_VERSION);
	(void)cJSON_AddStringToObject(json, "cluster", daemon->config.cluster);
	(void)cJSON_AddStringToObject(json, "self", setup->members[setup->self].name);
	json_ms(json, "uptime_ms", instant_since(now, daemon->started));
	(void)cJSON_AddBoolToObject(json, "healthy", false); /* set when the problems are known */
	problems = cJSON_AddArrayToObject(json, "problems");
	warnings = cJSON_AddArrayToObject(json, "warnings");
	add_self(json, problems, warnings, daemon, now);
	add_timing(json, &setup->timing);
	list = cJSON_AddArrayToObject(json, "members");
	for (uint8_t i = 0; i < setup->member_count; i++)
		add_member(list, warnings, daemon, i, now);
	list = cJSON_AddArrayToObject(json, "roles");
	for (uint8_t i = 0; i < role_count; i++)
		add_role(list, problems, daemon, i, now);
	add_resources(json, daemon, now);
	status_host(json, warnings, daemon, now);
	(void)cJSON_ReplaceItemInObject(json, "healthy",
	                                cJSON_CreateBool(cJSON_GetArraySize(problems) == 0));
	return json;
}
