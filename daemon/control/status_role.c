/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roles as this member sees them, and what it may conclude from that: an owner is unknown, not
 * absent, where no quorum is heard.
 */
#include "daemon/control/status_role.h"

#include <inttypes.h>
#include <stdio.h>

#include "config/print.h"
#include "daemon/control/json.h"
#include "daemon/control/status_resource.h"
#include "daemon/control/status_sources.h"
#include "daemon/resource/address_lifetime.h"

enum { SENTENCE_BYTES = 512, SECOND_NS = 1000000000 };

static void json_member(cJSON *to, const char *name, const struct status_sources *from,
                        uint8_t member)
{
	bool known = member != NO_MEMBER;

	json_text(to, name, known ? from->config->setup.members[member].name : "", known);
}

static bool candidate_is_ready(const struct candidate_view *view)
{
	return view->reachable && view->known && view->unfit == UNFIT_NOT && !view->mismatch;
}

static void add_candidate(cJSON *list, const struct status_sources *from, uint8_t role,
                          const struct candidate_view *view)
{
	cJSON *json = cJSON_CreateObject();
	const bool is_self = view->member == from->config->setup.self;
	const bool ready = candidate_is_ready(view);
	const char *reason = view->may_run              ? "may-still-run"
	                     : !view->reachable         ? "unreachable"
	                     : !view->known             ? "not-heard-of"
	                     : view->unfit != UNFIT_NOT ? unfit_word(view->unfit)
	                     : view->mismatch           ? "config-mismatch"
	                                                : "";
	const struct host_role *own = &from->roles[role];

	(void)cJSON_AddItemToArray(list, json);
	json_member(json, "member", from, view->member);
	(void)cJSON_AddBoolToObject(json, "ready", ready);
	json_text(json, "reason", reason, true);
	json_text(json, "detail", own->why[0] != '\0' ? own->why : own->failure, is_self);
	(void)cJSON_AddStringToObject(json, "claim", claim_word(view->claim));
	(void)cJSON_AddStringToObject(json, "phase", phase_word(view->phase));
	json_number(json, "failures", view->failures);
	if (view->failed_known)
		json_ms(json, "failed_ago_ms", view->failed_ago);
	else
		(void)cJSON_AddNullToObject(json, "failed_ago_ms");
	(void)cJSON_AddBoolToObject(json, "may_still_run", view->may_run);
}

/* Two may have it at this moment: nothing is worse, whatever an operator wants of the role. */
static void warn_of_second(cJSON *problems, const struct status_sources *from, const char *name,
                           const struct role_view *view)
{
	char sentence[SENTENCE_BYTES];

	for (uint8_t i = 0; i < view->candidate_count; i++) {
		const uint8_t node = view->candidates[i].member;
		if (!view->candidates[i].may_run)
			continue;
		(void)snprintf(sentence, sizeof sentence,
		               "%s may still run on %s: its lease is over and nothing proves that "
		               "it is down; see the log there",
		               name, from->config->setup.members[node].name);
		json_sentence(problems, sentence);
	}
}

/* The node that is stopping the role, where it may be up until that is done; NO_MEMBER: none is
 * known. warn_of_second reports a release that is overdue. */
static uint8_t stopping_on(const struct status_sources *from, const struct role_view *view)
{
	for (uint8_t i = 0; i < view->candidate_count; i++) {
		const struct candidate_view *node = &view->candidates[i];
		const bool is_present = node->reachable || node->member == from->config->setup.self;
		if (node->claim == CLAIM_RELEASING && is_present && !node->may_run)
			return node->member;
	}
	return NO_MEMBER;
}

/* Why a wanted role is not up, as far as this member can know: it sees owners only through the
 * heartbeats of the members it hears. */
static void explain_role(cJSON *problems, const struct status_sources *from, const char *name,
                         const struct role_view *view, bool quorum)
{
	const bool waits =
	    view->obstacle == OBSTACLE_FENCING || view->obstacle == OBSTACLE_FENCE_TURN ||
	    view->obstacle == OBSTACLE_FENCE_FAILED || view->obstacle == OBSTACLE_NO_FENCE;
	const uint8_t stopping = stopping_on(from, view);
	char sentence[SENTENCE_BYTES];

	if (view->owner == NO_MEMBER && stopping != NO_MEMBER)
		(void)snprintf(sentence, sizeof sentence, "%s is not down yet: stopping on %s",
		               name, from->config->setup.members[stopping].name);
	else if (view->owner != NO_MEMBER)
		(void)snprintf(sentence, sizeof sentence, "%s is not up yet: %s on %s", name,
		               phase_word(view->owner_phase),
		               from->config->setup.members[view->owner].name);
	else if (!quorum)
		(void)snprintf(sentence, sizeof sentence, "%s: owner unknown: no quorum here",
		               name);
	else
		(void)snprintf(sentence, sizeof sentence, "%s is down: it has no owner%s%s", name,
		               waits ? ": " : "", waits ? obstacle_text(view->obstacle) : "");
	json_sentence(problems, sentence);
}

/* A role that is up although nobody else could take it over now. One that lists a single node is
 * built like that: `check` says so once, and nothing about it changes at run time. */
static void add_risk(cJSON *risks, const char *name, const struct role_view *view)
{
	char sentence[SENTENCE_BYTES];

	for (uint8_t i = 0; i < view->candidate_count; i++) {
		if (view->candidates[i].member != view->owner &&
		    candidate_is_ready(&view->candidates[i]))
			return;
	}
	(void)snprintf(sentence, sizeof sentence, "%s has no standby: no other node could take it",
	               name);
	json_sentence(risks, sentence);
}

/* What failed where, how long ago, and the command that ends the wait. */
static void warn_of_failures(cJSON *warnings, const struct status_sources *from, const char *name,
                             const struct role_view *view)
{
	for (uint8_t i = 0; i < view->candidate_count; i++) {
		const struct candidate_view *candidate = &view->candidates[i];
		const char *node = from->config->setup.members[candidate->member].name;
		char sentence[SENTENCE_BYTES], ago[SPAN_TEXT_BYTES + sizeof ", last  ago"] = "";
		char span[SPAN_TEXT_BYTES];

		if (candidate->failures == 0)
			continue;
		span_text(span_ms((candidate->failed_ago.ns / SECOND_NS + 1) * 1000), span);
		if (candidate->failed_known)
			(void)snprintf(ago, sizeof ago, ", last %s ago", span);
		(void)snprintf(
		    sentence, sizeof sentence,
		    "%s failed on %s %u time%s%s; `failoverd clear %s %s` when the cause "
		    "is mended",
		    name, node, candidate->failures, candidate->failures == 1 ? "" : "s", ago, name,
		    node);
		json_sentence(warnings, sentence);
	}
}

static void add_vote(cJSON *to, const struct status_sources *from, const struct role_view *view)
{
	cJSON *json = cJSON_AddObjectToObject(to, "vote");

	json_member(json, "holder", from, view->holder);
	json_ms(json, "promised_ms", view->promised);
}

/* What the kernel does about the role's addresses when nobody else can. */
static void add_kernel(cJSON *to, const struct status_sources *from, uint8_t role)
{
	static const char *const uses[GATE_USES] = {
	    [GATE_NONE] = "none",
	    [GATE_STANDBY] = "standby",
	    [GATE_OPEN] = "open",
	    [GATE_CLOSED] = "closed",
	};
	struct gatekeeper_view view;
	cJSON *json;

	if (role >= from->config->setup.role_count ||
	    !gatekeeper_view(&from->self_fencing->gatekeeper, role, &view)) {
		(void)cJSON_AddNullToObject(to, "kernel");
		return;
	}
	json = cJSON_AddObjectToObject(to, "kernel");
	(void)cJSON_AddStringToObject(json, "gate", uses[view.use]);
	json_text(json, "gate_error", view.why, true);
	json_number(json, "dropped", view.dropped);
	(void)cJSON_AddBoolToObject(json, "lifetime",
	                            address_lifetime_is_possible(from->config->setup.timing));
}

static bool is_configured(const struct status_sources *from, const struct role_view *view)
{
	const struct setup *setup = &from->config->setup;

	return view->setup_role < setup->role_count && !setup->roles[view->setup_role].forgotten;
}

/* A role that no file names any more is of interest while somebody still says something about it;
 * what remains of it after that is an epoch, which is no news. */
static bool is_shown(const struct status_sources *from, const struct role_view *view)
{
	return is_configured(from, view) || view->owner != NO_MEMBER || view->holder != NO_MEMBER ||
	       view->claim != CLAIM_NONE;
}

/* What is wrong with a role of the configuration, or soon could be. */
static void judge_role(const struct status_verdict *verdict, const struct status_sources *from,
                       const char *name, const struct role_view *view, bool quorum)
{
	warn_of_second(verdict->problems, from, name, view);
	if (view->wanted != WANTED_STARTED) {
		/* A stop that does not succeed is not what was asked for. */
		if (stopping_on(from, view) != NO_MEMBER)
			explain_role(verdict->problems, from, name, view, quorum);
		return;
	}
	if (view->owner == NO_MEMBER || view->owner_phase != PHASE_UP)
		explain_role(verdict->problems, from, name, view, quorum);
	else if (view->candidate_count > 1)
		add_risk(verdict->risks, name, view);
}

static void add_role(cJSON *list, const struct status_verdict *verdict,
                     const struct status_sources *from, const struct role_view *view, bool quorum,
                     struct instant now)
{
	const struct setup *setup = &from->config->setup;
	const bool configured = is_configured(from, view);
	char name[NAME_BYTES];
	cJSON *json = cJSON_CreateObject();
	cJSON *candidates;

	if (view->setup_role < setup->role_count)
		(void)snprintf(name, sizeof name, "%s", setup->roles[view->setup_role].name);
	else
		(void)snprintf(name, sizeof name, "%016" PRIx64, view->id);
	(void)cJSON_AddItemToArray(list, json);
	(void)cJSON_AddStringToObject(json, "name", name);
	(void)cJSON_AddBoolToObject(json, "configured", configured);
	(void)cJSON_AddStringToObject(json, "wanted", wanted_word(view->wanted));
	json_member(json, "owner", from, view->owner);
	(void)cJSON_AddBoolToObject(json, "owner_unknown", view->owner == NO_MEMBER && !quorum);
	json_text(json, "phase", phase_word(view->owner_phase), view->owner != NO_MEMBER);
	json_number(json, "epoch", view->epoch);
	(void)cJSON_AddStringToObject(json, "claim", claim_word(view->claim));
	json_ms(json, "lease_left_ms", view->lease_left);
	add_vote(json, from, view);
	if (view->retrying)
		json_ms(json, "retry_in_ms", view->retry_in);
	else
		(void)cJSON_AddNullToObject(json, "retry_in_ms");
	add_kernel(json, from, view->setup_role);
	status_owned(json, from, view->setup_role, view->owner, now);
	candidates = cJSON_AddArrayToObject(json, "nodes");
	for (uint8_t i = 0; i < view->candidate_count; i++)
		add_candidate(candidates, from, view->setup_role, &view->candidates[i]);
	if (!configured)
		return;
	judge_role(verdict, from, name, view, quorum);
	warn_of_failures(verdict->warnings, from, name, view);
}

void status_roles(cJSON *json, const struct status_verdict *verdict,
                  const struct status_sources *from, struct instant now)
{
	cJSON *list = cJSON_AddArrayToObject(json, "roles");
	const uint8_t count = member_role_count(from->member);
	struct member_view self;

	member_view(from->member, now, &self);
	for (uint8_t i = 0; i < count; i++) {
		struct role_view view;

		member_view_role(from->member, i, now, &view);
		if (is_shown(from, &view))
			add_role(list, verdict, from, &view, self.quorum, now);
	}
}
