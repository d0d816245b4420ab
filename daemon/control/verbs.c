/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of verbs and their handlers. A command is turned into an event and answered when the
 * member says so; everything else is answered at once.
 */
#include "daemon/control/verbs.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "daemon/control/request.h"
#include "daemon/control/status.h"
#include "daemon/control/status_sources.h"
#include "daemon/platform/platform.h"
#include "proto/event.h"

struct verb {
	const char *name;
	bool needs_admin;
	bool needs_role, needs_node; /* a node of move is optional */
	enum request_kind kind;      /* for verb_command */
	void (*run)(struct verbs *verbs, struct control_client *client, const struct verb *verb,
	            const struct control_request *request);
};

/* Prints, sends and frees `json`. */
static void reply(struct control_client *client, cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);

	cJSON_Delete(json);
	if (text == NULL)
		control_refuse(client, "out of memory");
	else
		control_reply(client, text);
	cJSON_free(text);
}

static void verb_version(struct verbs *verbs, struct control_client *client,
                         const struct verb *verb, const struct control_request *request)
{
	cJSON *json = cJSON_CreateObject();

	(void)verbs, (void)verb, (void)request;
	(void)cJSON_AddBoolToObject(json, "ok", true);
	(void)cJSON_AddStringToObject(json, "version", FAILOVERD_VERSION);
	(void)cJSON_AddNumberToObject(json, "pid", (double)uv_os_getpid());
	reply(client, json);
}

static void verb_status(struct verbs *verbs, struct control_client *client, const struct verb *verb,
                        const struct control_request *request)
{
	const struct status_sources sources =
	    verbs->settings.hooks.sources(verbs->settings.hooks.context);

	(void)verb, (void)request;
	reply(client, status_json(&sources, platform_now()));
}

/* --- names */

/* Index in setup.roles; refuses the client otherwise and returns ROLES_MAX. */
static uint8_t find_role(struct verbs *verbs, struct control_client *client, const char *name)
{
	const struct setup *setup = &verbs->settings.config->setup;
	char text[ERROR_TEXT_BYTES];
	size_t used;

	for (uint8_t i = 0; i < setup->role_count; i++) {
		if (strcmp(setup->roles[i].name, name) == 0)
			return i;
	}
	used = (size_t)snprintf(text, sizeof text, "there is no role %s; the roles are", name);
	for (uint8_t i = 0; i < setup->role_count && used < sizeof text; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s %s",
		                         i == 0 ? "" : ",", setup->roles[i].name);
	control_refuse(client, setup->role_count == 0 ? "this cluster has no roles" : text);
	return ROLES_MAX;
}

/* Index in setup.members of a node; refuses the client otherwise and returns NO_MEMBER. */
static uint8_t find_node(struct verbs *verbs, struct control_client *client, const char *name)
{
	const struct setup *setup = &verbs->settings.config->setup;
	char text[ERROR_TEXT_BYTES];
	size_t used;

	for (uint8_t i = 0; i < setup->member_count; i++) {
		if (strcmp(setup->members[i].name, name) != 0)
			continue;
		if (setup->members[i].is_node)
			return i;
		(void)snprintf(text, sizeof text, "%s is a witness: it votes and owns nothing",
		               name);
		control_refuse(client, text);
		return NO_MEMBER;
	}
	used = (size_t)snprintf(text, sizeof text, "there is no node %s; the nodes are", name);
	for (uint8_t i = 0, shown = 0; i < setup->member_count && used < sizeof text; i++) {
		if (setup->members[i].is_node)
			used += (size_t)snprintf(text + used, sizeof text - used, "%s %s",
			                         shown++ == 0 ? "" : ",", setup->members[i].name);
	}
	control_refuse(client, text);
	return NO_MEMBER;
}

/* --- where a role is */

static void add_member(cJSON *to, const char *name, const struct setup *setup, uint8_t member)
{
	if (member == NO_MEMBER)
		(void)cJSON_AddNullToObject(to, name);
	else
		(void)cJSON_AddStringToObject(to, name, setup->members[member].name);
}

static void add_where(cJSON *to, const struct setup *setup, const struct verbs_where *where)
{
	add_member(to, "owner", setup, where->owner);
	add_member(to, "releasing", setup, where->releasing);
	(void)cJSON_AddStringToObject(to, "phase", phase_word(where->phase));
	(void)cJSON_AddNumberToObject(to, "epoch", (double)where->epoch);
}

static struct verbs_where look_at(const struct verbs *verbs, uint8_t role)
{
	struct role_view view;
	struct verbs_where where;

	member_view_role(verbs->settings.member, role, platform_now(), &view);
	where = (struct verbs_where){.owner = view.owner,
	                             .releasing = NO_MEMBER,
	                             .phase = view.owner_phase,
	                             .epoch = view.epoch};
	for (uint8_t i = 0; i < view.candidate_count; i++) {
		if (view.candidates[i].claim == CLAIM_RELEASING && view.candidates[i].reachable)
			where.releasing = view.candidates[i].member;
	}
	return where;
}

/* --- commands */

static void reply_answer(struct verbs *verbs, struct control_client *client,
                         const struct answer_about *about, const struct answer *answer)
{
	const struct setup *setup = &verbs->settings.config->setup;
	uint8_t target = answer->target != 0 ? setup_member_of(setup, answer->target) : NO_MEMBER;
	bool done = answer->verdict == VERDICT_ACCEPTED || answer->verdict == VERDICT_ALREADY;
	cJSON *json = cJSON_CreateObject();
	char text[ANSWER_TEXT_BYTES];

	if (target == NO_MEMBER)
		target = about->target;
	verdict_text(setup, about, answer, text);
	(void)cJSON_AddBoolToObject(json, "ok", done);
	(void)cJSON_AddStringToObject(json, "verdict", verdict_word(answer->verdict));
	if (target != NO_MEMBER)
		(void)cJSON_AddStringToObject(json, "target", setup->members[target].name);
	(void)cJSON_AddStringToObject(json, done ? "text" : "error", text);
	/* Where a move that was accepted sets out from: what led there was not its doing. */
	if (about->kind == REQUEST_MOVE && done) {
		const struct verbs_where from = look_at(verbs, about->role);

		add_where(json, setup, &from);
	}
	reply(client, json);
}

static void verb_command(struct verbs *verbs, struct control_client *client,
                         const struct verb *verb, const struct control_request *request)
{
	struct event event = {.kind = EVENT_REQUEST};
	struct answer_about about = {
	    .kind = verb->kind, .target = NO_MEMBER, .limit = request->limit};
	unsigned place = 0;

	if (verb->needs_role) {
		about.role = find_role(verbs, client, request->role);
		if (about.role == ROLES_MAX)
			return;
	}
	if (request->node[0] != '\0') {
		about.target = find_node(verbs, client, request->node);
		if (about.target == NO_MEMBER)
			return;
	}
	while (place < VERBS_PENDING_MAX && verbs->pending[place].handle != 0)
		place++;
	if (place == VERBS_PENDING_MAX) {
		const struct answer full = {.verdict = VERDICT_TABLE_FULL};

		reply_answer(verbs, client, &about, &full);
		return;
	}
	verbs->pending[place] = (struct verbs_pending){++verbs->last_handle, client, about};
	control_keep(client, true);
	event.as.request.kind = about.kind;
	event.as.request.role = about.role;
	event.as.request.target = about.target;
	event.as.request.handle = verbs->last_handle;
	event.as.request.limit = request->limit;
	verbs->settings.hooks.step(verbs->settings.hooks.context, &event);
}

void verbs_answer(struct verbs *verbs, uint64_t handle, const struct answer *answer)
{
	for (unsigned i = 0; i < VERBS_PENDING_MAX; i++) {
		struct verbs_pending *pending = &verbs->pending[i];

		if (pending->handle != handle)
			continue;
		pending->handle = 0;
		if (pending->client == NULL)
			return;
		control_keep(pending->client, false);
		reply_answer(verbs, pending->client, &pending->about, answer);
		return;
	}
}

/* --- following */

static void tell_follower(struct verbs *verbs, const struct verbs_follower *follower)
{
	const struct setup *setup = &verbs->settings.config->setup;
	cJSON *json = cJSON_CreateObject();

	(void)cJSON_AddBoolToObject(json, "ok", true);
	(void)cJSON_AddStringToObject(json, "role", setup->roles[follower->role].name);
	add_where(json, setup, &follower->told);
	reply(follower->client, json);
}

/* Brings what the follower knows up to date; true when that changed something. */
static bool look_again(const struct verbs *verbs, struct verbs_follower *follower)
{
	const struct verbs_where told = follower->told;
	const struct verbs_where now = look_at(verbs, follower->role);

	follower->told = now;
	return now.owner != told.owner || now.releasing != told.releasing ||
	       now.phase != told.phase || now.epoch != told.epoch;
}

static void verb_follow(struct verbs *verbs, struct control_client *client, const struct verb *verb,
                        const struct control_request *request)
{
	const uint8_t role = find_role(verbs, client, request->role);

	(void)verb;
	if (role == ROLES_MAX)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct verbs_follower *follower = &verbs->followers[i];

		if (follower->client == client) {
			control_refuse(client, "this connection follows a role already");
			return;
		}
	}
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct verbs_follower *follower = &verbs->followers[i];

		if (follower->client != NULL)
			continue;
		*follower = (struct verbs_follower){.client = client, .role = role};
		control_keep(client, true);
		(void)look_again(verbs, follower);
		tell_follower(verbs, follower);
		return;
	}
	control_refuse(client, "too many clients follow roles");
}

void verbs_after_step(struct verbs *verbs)
{
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct verbs_follower *follower = &verbs->followers[i];

		if (follower->client != NULL && look_again(verbs, follower))
			tell_follower(verbs, follower);
	}
}

/* Only the program and the configuration in their files: which files, the running daemon decides.
 */
static void verb_reload(struct verbs *verbs, struct control_client *client, const struct verb *verb,
                        const struct control_request *request)
{
	cJSON *json;

	(void)verb;
	(void)request;
	if (!verbs->settings.hooks.replace(verbs->settings.hooks.context)) {
		control_refuse(client,
		               "no guard watches over this daemon: it cannot be replaced while "
		               "it runs");
		return;
	}
	json = cJSON_CreateObject();
	(void)cJSON_AddBoolToObject(json, "ok", true);
	(void)cJSON_AddStringToObject(
	    json, "text",
	    "the daemon continues with the program and the configuration in "
	    "their files");
	reply(client, json);
}

/* --- the table */

static const struct verb table[] = {
    {"status", false, false, false, REQUEST_MOVE, verb_status},
    {"version", false, false, false, REQUEST_MOVE, verb_version},
    {"follow", false, true, false, REQUEST_MOVE, verb_follow},
    {"reload-binary", true, false, false, REQUEST_MOVE, verb_reload},
    {"move", true, true, false, REQUEST_MOVE, verb_command},
    {"stop", true, true, false, REQUEST_STOP, verb_command},
    {"start", true, true, false, REQUEST_START, verb_command},
    {"pause", true, false, true, REQUEST_PAUSE, verb_command},
    {"resume", true, false, true, REQUEST_RESUME, verb_command},
    {"clear", true, true, true, REQUEST_CLEAR, verb_command},
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

static void take_line(void *context, struct control_client *client, const char *line, size_t length)
{
	struct verbs *verbs = context;
	struct control_request request;
	struct error error;
	const struct verb *verb = NULL;

	if (request_parse(line, length, &request, &error) == CODE_OK) {
		verb = find_verb(request.verb);
		if (verb == NULL)
			(void)error_set(&error, CODE_NOT_FOUND, "there is no verb \"%s\"",
			                request.verb);
		else if (verb->needs_admin && !control_is_admin(client))
			(void)error_set(&error, CODE_DENIED, "only root%s%s may do this",
			                verbs->settings.config->group[0] != '\0'
			                    ? " and users of the group "
			                    : "",
			                verbs->settings.config->group);
		else if (verb->needs_role && request.role[0] == '\0')
			(void)error_set(&error, CODE_INVALID, "%s needs a \"role\"", verb->name);
		else if (verb->needs_node && request.node[0] == '\0')
			(void)error_set(&error, CODE_INVALID, "%s needs a \"node\"", verb->name);
		else
			error.code = CODE_OK;
	}
	if (error.code == CODE_OK)
		verb->run(verbs, client, verb, &request);
	else
		control_refuse(client, error.text);
}

static void forget_client(void *context, struct control_client *client)
{
	struct verbs *verbs = context;

	for (unsigned i = 0; i < VERBS_PENDING_MAX; i++) {
		if (verbs->pending[i].client == client)
			verbs->pending[i].client = NULL;
	}
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (verbs->followers[i].client == client)
			verbs->followers[i].client = NULL;
	}
}

struct control_hooks verbs_open(struct verbs *verbs, const struct verbs_settings *settings)
{
	verbs->settings = *settings;
	return (struct control_hooks){.context = verbs, .line = take_line, .gone = forget_client};
}
