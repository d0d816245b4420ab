/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes a page believable, which of two stamps or records is the newer, and the words for the
 * values a page carries. Knows neither bytes nor keys nor who the members are.
 */
#include "proto/heartbeat.h"

#include <stddef.h>

bool stamp_newer(struct stamp a, struct stamp than)
{
	if (a.incarnation != than.incarnation)
		return a.incarnation > than.incarnation;
	return a.seq > than.seq;
}

bool stamp_equal(struct stamp a, struct stamp b)
{
	return a.incarnation == b.incarnation && a.seq == b.seq;
}

bool record_newer(const struct record *a, const struct record *than)
{
	if (a->epoch != than->epoch)
		return a->epoch > than->epoch;
	return a->counter > than->counter;
}

static enum code check_timing(struct timing timing, struct error *error)
{
	const int64_t longest = span_ms(3600 * 1000).ns;

	if (timing.heartbeat.ns <= 0 || timing.heartbeat.ns > timing.lease.ns)
		return error_set(error, CODE_INVALID,
		                 "heartbeat of %lld ns: must be above 0 and at most the lease",
		                 (long long)timing.heartbeat.ns);
	if (timing.lease.ns > longest)
		return error_set(error, CODE_INVALID, "lease of %lld ns: at most an hour",
		                 (long long)timing.lease.ns);
	if (timing.release.ns <= 0 || timing.release.ns > longest)
		return error_set(error, CODE_INVALID,
		                 "release of %lld ns: must be above 0 and at most an hour",
		                 (long long)timing.release.ns);
	/* Each is legal, and what follows from both must have a place in a page, too. */
	if (timing_promise(timing).ns > (int64_t)UINT32_MAX * 1000)
		return error_set(error, CODE_INVALID,
		                 "lease and release of %lld ns: a promise is at most %u us",
		                 (long long)(timing.lease.ns + timing.release.ns), UINT32_MAX);
	return CODE_OK;
}

static enum code check_echo(const struct heartbeat *heartbeat, uint8_t index, struct error *error)
{
	const struct echo *echo = &heartbeat->echoes[index];

	if (echo->member == 0 || echo->member == heartbeat->sender)
		return error_set(error, CODE_INVALID, "echo %u: of nobody or of the sender itself",
		                 index);
	if (echo->stamp.incarnation == 0 || echo->stamp.incarnation > INCARNATION_MAX)
		return error_set(error, CODE_INVALID, "echo %u: incarnation %u", index,
		                 echo->stamp.incarnation);
	if (echo->path_count > PATHS_MAX)
		return error_set(error, CODE_INVALID, "echo %u: %u paths, at most %d", index,
		                 echo->path_count, PATHS_MAX);
	for (uint8_t i = 0; i < echo->path_count; i++)
		if (echo->paths[i].loss_percent > 100)
			return error_set(error, CODE_INVALID, "echo %u: path %u: loss of %u %%",
			                 index, i, echo->paths[i].loss_percent);
	for (uint8_t i = 0; i < index; i++)
		if (heartbeat->echoes[i].member == echo->member)
			return error_set(error, CODE_INVALID, "echo %u: same member as echo %u",
			                 index, i);
	return CODE_OK;
}

/* What a request of each kind must name. */
static const struct {
	bool role, target;
} request_needs[REQUEST_KINDS] = {
    [REQUEST_MOVE] = {.role = true},     [REQUEST_STOP] = {.role = true},
    [REQUEST_START] = {.role = true},    [REQUEST_PAUSE] = {.target = true},
    [REQUEST_RESUME] = {.target = true}, [REQUEST_CLEAR] = {.role = true, .target = true},
};

static enum code check_request(const struct heartbeat *heartbeat, uint8_t index,
                               struct error *error)
{
	const struct request *request = &heartbeat->requests[index];

	if (request->id == 0)
		return error_set(error, CODE_INVALID, "request %u: id 0", index);
	if ((unsigned)request->kind >= REQUEST_KINDS)
		return error_set(error, CODE_INVALID, "request %u: unknown kind %u", index,
		                 (unsigned)request->kind);
	if ((request->role != 0) != request_needs[request->kind].role)
		return error_set(error, CODE_INVALID, "request %u: %s with%s a role", index,
		                 request_word(request->kind), request->role == 0 ? "out" : "");
	if (request_needs[request->kind].target && request->target == 0)
		return error_set(error, CODE_INVALID, "request %u: %s without a member", index,
		                 request_word(request->kind));
	for (uint8_t i = 0; i < index; i++)
		if (heartbeat->requests[i].id == request->id)
			return error_set(error, CODE_INVALID, "request %u: same id as request %u",
			                 index, i);
	return CODE_OK;
}

static enum code check_answer(const struct heartbeat *heartbeat, uint8_t index, struct error *error)
{
	const struct answer *answer = &heartbeat->answers[index];

	if (answer->requester == 0 || answer->request == 0)
		return error_set(error, CODE_INVALID, "answer %u: to nobody or to request 0",
		                 index);
	if ((unsigned)answer->verdict >= VERDICTS)
		return error_set(error, CODE_INVALID, "answer %u: unknown verdict %u", index,
		                 (unsigned)answer->verdict);
	if (answer->verdict == VERDICT_UNFIT && answer->detail >= UNFIT_REASONS)
		return error_set(error, CODE_INVALID, "answer %u: unknown reason %u", index,
		                 answer->detail);
	for (uint8_t i = 0; i < index; i++)
		if (heartbeat->answers[i].requester == answer->requester &&
		    heartbeat->answers[i].request == answer->request)
			return error_set(error, CODE_INVALID,
			                 "answer %u: same request as answer %u", index, i);
	return CODE_OK;
}

static enum code check_claim(const struct role_report *report, uint8_t index, struct error *error)
{
	if ((unsigned)report->claim >= CLAIM_STATES)
		return error_set(error, CODE_INVALID, "role %u: unknown claim %u", index,
		                 (unsigned)report->claim);
	if ((unsigned)report->unfit >= UNFIT_REASONS)
		return error_set(error, CODE_INVALID, "role %u: unknown reason %u", index,
		                 (unsigned)report->unfit);
	if ((unsigned)report->phase >= ROLE_PHASES)
		return error_set(error, CODE_INVALID, "role %u: unknown phase %u", index,
		                 (unsigned)report->phase);
	if (report->claim != CLAIM_NONE && !report->is_candidate)
		return error_set(error, CODE_INVALID, "role %u: %s, but no candidate", index,
		                 claim_word(report->claim));
	if (report->successor != 0 && !report->is_candidate)
		return error_set(error, CODE_INVALID, "role %u: a successor, but no candidate",
		                 index);
	if (report->fences && !report->is_candidate)
		return error_set(error, CODE_INVALID, "role %u: fences, but no candidate", index);
	if (report->may_run && report->claim != CLAIM_RELEASING)
		return error_set(error, CODE_INVALID, "role %u: may run, but is not releasing",
		                 index);
	if (report->claim != CLAIM_NONE && report->claim_epoch == 0)
		return error_set(error, CODE_INVALID, "role %u: %s at epoch 0", index,
		                 claim_word(report->claim));
	if (report->claim != CLAIM_NONE && report->successor != 0)
		return error_set(error, CODE_INVALID, "role %u: %s and names a successor", index,
		                 claim_word(report->claim));
	return CODE_OK;
}

static enum code check_role(const struct heartbeat *heartbeat, uint8_t index, struct error *error)
{
	const struct role_report *report = &heartbeat->roles[index];
	enum code code = check_claim(report, index, error);

	if (code != CODE_OK)
		return code;
	if (report->role == 0)
		return error_set(error, CODE_INVALID, "role %u: id 0", index);
	if (report->top > EPOCH_MAX || report->granted > EPOCH_MAX ||
	    report->claim_epoch > EPOCH_MAX || report->record.epoch > EPOCH_MAX)
		return error_set(error, CODE_INVALID, "role %u: an epoch that no cluster reaches",
		                 index);
	if (report->holder != 0 && (report->granted == 0 || report->by.incarnation == 0))
		return error_set(error, CODE_INVALID, "role %u: grant at epoch 0 or by nothing",
		                 index);
	if (report->holder == 0 && (report->granted != 0 || report->by.incarnation != 0 ||
	                            report->by.seq != 0 || report->endless))
		return error_set(error, CODE_INVALID, "role %u: grant to nobody", index);
	if (report->record.wanted != WANTED_STARTED && report->record.wanted != WANTED_STOPPED)
		return error_set(error, CODE_INVALID, "role %u: unknown wanted %u", index,
		                 (unsigned)report->record.wanted);
	for (uint8_t i = 0; i < index; i++)
		if (heartbeat->roles[i].role == report->role)
			return error_set(error, CODE_INVALID, "role %u: same role as role %u",
			                 index, i);
	return CODE_OK;
}

static enum code check_fenced(const struct heartbeat *heartbeat, uint8_t index, struct error *error)
{
	const struct fenced *fenced = &heartbeat->fenced[index];

	if (fenced->member == 0 || fenced->member == heartbeat->sender)
		return error_set(error, CODE_INVALID, "fenced %u: nobody or the sender itself",
		                 index);
	if (fenced->incarnation == 0)
		return error_set(error, CODE_INVALID, "fenced %u: incarnation 0", index);
	for (uint8_t i = 0; i < index; i++)
		if (heartbeat->fenced[i].member == fenced->member)
			return error_set(error, CODE_INVALID, "fenced %u: same member as fenced %u",
			                 index, i);
	return CODE_OK;
}

/* Every list of a page: how long it may be and what each entry must satisfy. */
static const struct list {
	const char *name;
	uint8_t most;
	size_t count_at; /* offset of the uint8_t count in struct heartbeat */
	enum code (*check)(const struct heartbeat *heartbeat, uint8_t index, struct error *error);
} lists[] = {
    {"echoes", MEMBERS_MAX, offsetof(struct heartbeat, echo_count), check_echo},
    {"requests", REQUESTS_MAX, offsetof(struct heartbeat, request_count), check_request},
    {"answers", ANSWERS_MAX, offsetof(struct heartbeat, answer_count), check_answer},
    {"roles", PAGE_ROLES_MAX, offsetof(struct heartbeat, role_count), check_role},
    {"fenced", MEMBERS_MAX, offsetof(struct heartbeat, fenced_count), check_fenced},
};

static enum code check_list(const struct heartbeat *heartbeat, const struct list *list,
                            struct error *error)
{
	uint8_t count = *((const uint8_t *)heartbeat + list->count_at);

	if (count > list->most)
		return error_set(error, CODE_INVALID, "%u %s, at most %u", count, list->name,
		                 list->most);
	for (uint8_t i = 0; i < count; i++) {
		enum code code = list->check(heartbeat, i, error);
		if (code != CODE_OK)
			return code;
	}
	return CODE_OK;
}

enum code heartbeat_check(const struct heartbeat *heartbeat, struct error *error)
{
	if (heartbeat->unsure_epoch > EPOCH_MAX)
		return error_set(error, CODE_INVALID, "unsure epoch: too large");
	if (heartbeat->cluster == 0 || heartbeat->sender == 0)
		return error_set(error, CODE_INVALID, "cluster or sender is 0");
	if (heartbeat->stamp.incarnation == 0)
		return error_set(error, CODE_INVALID, "incarnation 0");
	enum code code = check_timing(heartbeat->timing, error);
	if (code != CODE_OK)
		return code;
	if (!heartbeat->has_requests && heartbeat->request_count + heartbeat->answer_count > 0)
		return error_set(error, CODE_INVALID, "requests on a page that says it has none");
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		code = check_list(heartbeat, &lists[i], error);
		if (code != CODE_OK)
			return code;
	}
	return CODE_OK;
}

const char *claim_word(enum claim_state state)
{
	static const char *const words[CLAIM_STATES] = {
	    [CLAIM_NONE] = "none",
	    [CLAIM_SEEKING] = "seeking",
	    [CLAIM_HOLDING] = "holding",
	    [CLAIM_RELEASING] = "releasing",
	};
	return words[state];
}

const char *unfit_word(enum unfit unfit)
{
	static const char *const words[UNFIT_REASONS] = {
	    [UNFIT_NOT] = "fit",
	    [UNFIT_UNLISTED] = "not-listed",
	    [UNFIT_LEAVING] = "leaving",
	    [UNFIT_PAUSED] = "paused",
	    [UNFIT_RESOURCE] = "resource-unfit",
	    [UNFIT_FAILED] = "failed-here",
	    [UNFIT_MUTE] = "may-not-vote-yet",
	    [UNFIT_LEASE] = "lease-cannot-be-held",
	};
	return words[unfit];
}

const char *phase_word(enum role_phase phase)
{
	static const char *const words[ROLE_PHASES] = {
	    [PHASE_DOWN] = "down",
	    [PHASE_STARTING] = "starting",
	    [PHASE_UP] = "up",
	    [PHASE_STOPPING] = "stopping",
	};
	return words[phase];
}

const char *resource_word(enum resource_state state)
{
	static const char *const words[RESOURCE_STATES] = {
	    [RESOURCE_DOWN] = "down",     [RESOURCE_STARTING] = "starting",
	    [RESOURCE_UP] = "up",         [RESOURCE_STOPPING] = "stopping",
	    [RESOURCE_FAILED] = "failed",
	};
	return words[state];
}

const char *wanted_word(enum wanted wanted)
{
	static const char *const words[] = {
	    [WANTED_STARTED] = "started",
	    [WANTED_STOPPED] = "stopped",
	};
	return words[wanted];
}

const char *request_word(enum request_kind kind)
{
	static const char *const words[REQUEST_KINDS] = {
	    [REQUEST_MOVE] = "move",   [REQUEST_STOP] = "stop",     [REQUEST_START] = "start",
	    [REQUEST_PAUSE] = "pause", [REQUEST_RESUME] = "resume", [REQUEST_CLEAR] = "clear",
	};
	return words[kind];
}

const char *verdict_word(enum verdict verdict)
{
	static const char *const words[VERDICTS] = {
	    [VERDICT_ACCEPTED] = "accepted",
	    [VERDICT_ALREADY] = "already",
	    [VERDICT_UNLISTED] = "not-listed",
	    [VERDICT_PAUSED] = "paused",
	    [VERDICT_UNREACHABLE] = "unreachable",
	    [VERDICT_UNFIT] = "unfit",
	    [VERDICT_MISMATCH] = "config-differs",
	    [VERDICT_NO_TARGET] = "no-target",
	    [VERDICT_BUSY] = "busy",
	    [VERDICT_SUPERSEDED] = "superseded",
	    [VERDICT_STOPPED] = "stopped",
	    [VERDICT_NO_OWNER] = "no-owner",
	    [VERDICT_TIMEOUT] = "time-out",
	    [VERDICT_TABLE_FULL] = "table-full",
	    [VERDICT_OLD_PEER] = "old-peer",
	};
	return words[verdict];
}
