/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands. A request stands in the heartbeats of the member it was typed on until the one that can
 * carry it out answers it there: the owner of the role, or the node that is paused or resumed. The
 * answer stands in that member's heartbeats until the request is gone. Nothing is sent twice, so
 * nothing is done twice.
 */
#include <assert.h>

#include "proto/step.h"

/* An answer is kept this many leases when its requester is not heard any more. */
enum { ANSWER_KEPT_LEASES = 4 };

struct asked {
	uint64_t requester;
	const struct request *request;
};

static void drop_own(struct member *m, uint8_t i)
{
	m->requests[i] = m->requests[--m->request_count];
}

static void answer_own(struct step *step, const struct answer *answer)
{
	struct member *m = step->m;
	for (uint8_t i = 0; i < m->request_count; i++) {
		if (m->requests[i].request.id != answer->request)
			continue;
		step_answer(step, m->requests[i].handle, *answer);
		drop_own(m, i);
		step_changed(step);
		return;
	}
}

static void give(struct step *step, const struct answer *answer)
{
	struct member *m = step->m;
	if (answer->requester == m->self_id) {
		answer_own(step, answer);
		return;
	}
	if (m->owed_count == ANSWERS_MAX) {
		for (uint8_t i = 1; i < ANSWERS_MAX; i++)
			m->owed[i - 1] = m->owed[i];
		m->owed_count--;
	}
	m->owed[m->owed_count++] = (struct owed_answer){
	    .answer = *answer,
	    .expires = instant_plus(step->now, span_times(m->timing.lease, ANSWER_KEPT_LEASES)),
	};
	step_changed(step);
}

static void give_verdict(struct step *step, const struct asked *asked, enum verdict verdict,
                         uint8_t detail, uint64_t target)
{
	struct answer answer = {.requester = asked->requester, .request = asked->request->id,
	                        .verdict = verdict, .detail = detail, .target = target};
	if (verdict != VERDICT_ACCEPTED && verdict != VERDICT_ALREADY)
		step_note(step, (struct note){.kind = NOTE_REQUEST_REFUSED,
		                              .role = asked->request->role,
		                              .peer = member_index(step->m, asked->requester),
		                              .detail = (uint8_t)verdict,
		                              .count = (uint32_t)asked->request->kind});
	give(step, &answer);
}

static bool is_answered(const struct member *m, const struct asked *asked)
{
	for (uint8_t i = 0; i < m->owed_count; i++)
		if (m->owed[i].answer.requester == asked->requester &&
		    m->owed[i].answer.request == asked->request->id)
			return true;
	return false;
}

static bool is_operation(const struct operation *operation, const struct asked *asked)
{
	return operation->active && operation->requester == asked->requester &&
	       operation->request == asked->request->id;
}

static struct operation operation_of(const struct asked *asked, bool already)
{
	return (struct operation){.active = true, .requester = asked->requester,
	                          .request = asked->request->id, .kind = asked->request->kind,
	                          .already = already};
}

/* --- carried out by the owner of the role */

static bool is_listed(const struct member *m, uint8_t r, uint8_t member)
{
	const struct setup_role *role = &m->setup->roles[r];
	for (uint8_t i = 0; i < role->node_count; i++)
		if (role->nodes[i] == member)
			return true;
	return false;
}

static enum verdict judge_target(const struct step *step, uint8_t r, uint8_t target,
                                 uint8_t *detail)
{
	const struct member *m = step->m;
	if (target == NO_MEMBER || !is_listed(m, r, target))
		return VERDICT_UNLISTED;
	struct standing standing = rank_standing(m, r, target, step->now);
	if (!standing.reachable)
		return VERDICT_UNREACHABLE;
	if (standing.known && standing.unfit == UNFIT_PAUSED)
		return VERDICT_PAUSED;
	*detail = (uint8_t)standing.unfit;
	if (!rank_is_ready(standing))
		return VERDICT_UNFIT;
	return standing.mismatch ? VERDICT_MISMATCH : VERDICT_ACCEPTED;
}

static void move(struct step *step, uint8_t r, const struct asked *asked)
{
	struct member *m = step->m;
	const struct role *role = &m->roles[r];
	const struct request *request = asked->request;
	if (request->target == m->self_id && role->claim.state == CLAIM_HOLDING) {
		give_verdict(step, asked, VERDICT_ALREADY, 0, m->self_id);
		return;
	}
	enum verdict verdict = VERDICT_ACCEPTED;
	uint8_t detail = 0, target = NO_MEMBER;
	if (request->epoch != role->claim.epoch)
		verdict = VERDICT_SUPERSEDED;
	else if (role->claim.state == CLAIM_RELEASING || role->operation.active)
		verdict = VERDICT_BUSY;
	else if (role->record.wanted == WANTED_STOPPED)
		verdict = VERDICT_STOPPED;
	else if (request->target != 0)
		verdict = judge_target(step, r, target = member_index(m, request->target), &detail);
	else if ((target = rank_best_other(m, r, step->now)) == NO_MEMBER)
		verdict = VERDICT_NO_TARGET;
	uint64_t target_id = target == NO_MEMBER ? request->target : m->setup->members[target].id;
	give_verdict(step, asked, verdict, detail, target_id);
	if (verdict == VERDICT_ACCEPTED)
		election_release(step, r, RELEASE_MOVE, target_id);
}

static void set_wanted(struct step *step, uint8_t r, const struct asked *asked)
{
	struct role *role = &step->m->roles[r];
	enum wanted wanted =
	    asked->request->kind == REQUEST_STOP ? WANTED_STOPPED : WANTED_STARTED;
	if (role->claim.state == CLAIM_RELEASING)
		return; /* the next owner will do it */
	if (role->operation.active) {
		give_verdict(step, asked, VERDICT_BUSY, 0, 0);
		return;
	}
	bool already = role->record.wanted == wanted;
	role->operation = operation_of(asked, already);
	if (!already) {
		record_write(step, r, wanted);
		step_note(step, (struct note){.kind = NOTE_WANTED, .role = role->id,
		                              .epoch = role->claim.epoch,
		                              .detail = (uint8_t)wanted,
		                              .peer = member_index(step->m, asked->requester)});
	} else if (wanted == WANTED_STARTED && role->phase == PHASE_DOWN) {
		role->failures = 0; /* an operator says: try again */
		role->retry_at = step->now;
	}
}

static void carry_out_as_owner(struct step *step, const struct asked *asked)
{
	const struct member *m = step->m;
	uint8_t r = roles_find(m, asked->request->role);
	if (r >= m->setup->role_count)
		return;
	const struct role *role = &m->roles[r];
	bool owns = role->claim.state == CLAIM_HOLDING || role->claim.state == CLAIM_RELEASING;
	if (!owns || instant_reached(step->now, role->claim.lease_end) ||
	    is_operation(&role->operation, asked))
		return;
	if (asked->request->kind == REQUEST_MOVE)
		move(step, r, asked);
	else
		set_wanted(step, r, asked);
}

void request_finish(struct step *step, uint8_t r, enum verdict verdict)
{
	struct operation *operation = &step->m->roles[r].operation;
	assert(operation->active);
	operation->active = false;
	struct answer answer = {.requester = operation->requester,
	                        .request = operation->request, .verdict = verdict};
	give(step, &answer);
}

/* --- carried out by the node that is meant */

static void set_paused(struct step *step, const struct asked *asked)
{
	struct member *m = step->m;
	bool paused = asked->request->kind == REQUEST_PAUSE;
	if (is_operation(&m->pausing, asked))
		return;
	if (m->pausing.active) {
		give_verdict(step, asked, VERDICT_BUSY, 0, 0);
		return;
	}
	m->pausing = operation_of(asked, m->paused == paused);
	if (m->paused != paused) {
		m->paused = paused;
		m->paused_generation = step_persist(step);
		step_changed(step);
		step_note(step, (struct note){.kind = paused ? NOTE_PAUSED : NOTE_RESUMED,
		                              .peer = member_index(m, asked->requester)});
	}
}

static void finish_pausing(struct step *step)
{
	struct member *m = step->m;
	if (!m->pausing.active || m->persisted < m->paused_generation)
		return;
	m->pausing.active = false;
	struct answer answer = {
	    .requester = m->pausing.requester,
	    .request = m->pausing.request,
	    .verdict = m->pausing.already ? VERDICT_ALREADY : VERDICT_ACCEPTED,
	};
	give(step, &answer);
}

/* --- both */

static void carry_out(struct step *step, const struct asked *asked)
{
	if (is_answered(step->m, asked))
		return;
	switch (asked->request->kind) {
	case REQUEST_MOVE:
	case REQUEST_STOP:
	case REQUEST_START:
		carry_out_as_owner(step, asked);
		break;
	case REQUEST_PAUSE:
	case REQUEST_RESUME:
		if (asked->request->target == step->m->self_id)
			set_paused(step, asked);
		break;
	}
}

/* The epoch that a move is meant for, so that it cannot hit the next owner by mistake; 0: nobody
 * owns the role. */
static uint64_t owner_epoch(const struct step *step, uint8_t r)
{
	const struct member *m = step->m;
	uint64_t epoch = 0;
	if (m->roles[r].claim.state == CLAIM_HOLDING || m->roles[r].claim.state == CLAIM_RELEASING)
		epoch = m->roles[r].claim.epoch;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct hearsay *hearsay = &m->peers[p].roles[r];
		bool owns = hearsay->known && hearsay->report.is_candidate &&
		            (hearsay->report.claim == CLAIM_HOLDING ||
		             hearsay->report.claim == CLAIM_RELEASING) &&
		            instant_before(step->now, hearsay->fresh_until);
		if (owns && hearsay->report.claim_epoch > epoch)
			epoch = hearsay->report.claim_epoch;
	}
	return epoch;
}

void request_typed(struct step *step, const struct event *event)
{
	struct member *m = step->m;
	bool about_role = event->as.request.kind == REQUEST_MOVE ||
	                  event->as.request.kind == REQUEST_STOP ||
	                  event->as.request.kind == REQUEST_START;
	uint8_t r = event->as.request.role;
	assert(!about_role || r < m->setup->role_count);
	struct answer refused = {.requester = m->self_id};
	if (m->request_count == REQUESTS_MAX) {
		refused.verdict = VERDICT_TABLE_FULL;
		step_answer(step, event->as.request.handle, refused);
		return;
	}
	struct request request = {
	    .id = (uint64_t)m->incarnation << 32 | ++m->request_counter,
	    .kind = event->as.request.kind,
	    .role = about_role ? m->setup->roles[r].id : 0,
	    .target = event->as.request.target == NO_MEMBER
	                  ? 0
	                  : m->setup->members[event->as.request.target].id,
	    .epoch = event->as.request.kind == REQUEST_MOVE ? owner_epoch(step, r) : 0,
	};
	if (request.kind == REQUEST_MOVE && request.epoch == 0) {
		refused.verdict = m->roles[r].record.wanted == WANTED_STOPPED ? VERDICT_STOPPED
		                                                              : VERDICT_NO_OWNER;
		step_answer(step, event->as.request.handle, refused);
		return;
	}
	m->requests[m->request_count++] = (struct own_request){
	    .request = request,
	    .handle = event->as.request.handle,
	    .expires = instant_plus(step->now, event->as.request.limit),
	};
	step_changed(step);
}

void request_hear_answers(struct step *step, const struct heartbeat *page)
{
	for (uint8_t i = 0; i < page->answer_count; i++)
		if (page->answers[i].requester == step->m->self_id)
			answer_own(step, &page->answers[i]);
}

bool request_is_pending(const struct member *m, uint8_t r, enum request_kind kind,
                        struct instant now)
{
	uint64_t role = m->roles[r].id;
	for (uint8_t i = 0; i < m->request_count; i++)
		if (m->requests[i].request.kind == kind && m->requests[i].request.role == role)
			return true;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer *peer = &m->peers[p];
		if (peer->request_count == 0 || !peer_is_fresh(m, p, now))
			continue;
		for (uint8_t i = 0; i < peer->request_count; i++) {
			struct asked asked = {m->setup->members[p].id, &peer->requests[i]};
			if (asked.request->kind == kind && asked.request->role == role &&
			    !is_answered(m, &asked))
				return true;
		}
	}
	return false;
}

static bool still_asked(const struct member *m, const struct answer *answer)
{
	uint8_t p = member_index(m, answer->requester);
	if (p == NO_MEMBER)
		return false;
	for (uint8_t i = 0; i < m->peers[p].request_count; i++)
		if (m->peers[p].requests[i].id == answer->request)
			return true;
	return false;
}

static void forget_answers(struct step *step)
{
	struct member *m = step->m;
	for (uint8_t i = 0; i < m->owed_count;) {
		if (still_asked(m, &m->owed[i].answer) &&
		    !step_reached(step, m->owed[i].expires)) {
			i++;
			continue;
		}
		m->owed[i] = m->owed[--m->owed_count];
		step_changed(step);
	}
}

static void expire_own(struct step *step)
{
	struct member *m = step->m;
	for (uint8_t i = 0; i < m->request_count;) {
		if (!step_reached(step, m->requests[i].expires)) {
			i++;
			continue;
		}
		struct answer answer = {.requester = m->self_id, .verdict = VERDICT_TIMEOUT,
		                        .request = m->requests[i].request.id};
		step_answer(step, m->requests[i].handle, answer);
		drop_own(m, i);
		step_changed(step);
	}
}

void request_update(struct step *step)
{
	struct member *m = step->m;
	/* Carrying out may answer and so drop entries of the own table: go from its end. */
	for (uint8_t i = m->request_count; i-- > 0;) {
		struct request request = m->requests[i].request;
		struct asked asked = {m->self_id, &request};
		carry_out(step, &asked);
	}
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer *peer = &m->peers[p];
		for (uint8_t i = 0; i < peer->request_count; i++) {
			struct asked asked = {m->setup->members[p].id, &peer->requests[i]};
			if (peer_is_fresh(m, p, step->now))
				carry_out(step, &asked);
		}
	}
	for (uint8_t r = 0; r < m->setup->role_count; r++) {
		const struct role *role = &m->roles[r];
		if (role->operation.active && role->claim.state == CLAIM_HOLDING &&
		    instant_before(step->now, role->claim.lease_end) &&
		    record_is_decided(m, r, step->now))
			request_finish(step, r,
			               role->operation.already ? VERDICT_ALREADY
			                                       : VERDICT_ACCEPTED);
	}
	finish_pausing(step);
	expire_own(step);
	if (m->owed_count > 0)
		forget_answers(step);
}
