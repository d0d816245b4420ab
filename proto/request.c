/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands. A request stands in the heartbeats of the member it was typed on until the one that can
 * carry it out answers it there: the owner of the role, or the node that is paused or resumed. The
 * answer stands in that member's heartbeats until the request is gone. Nothing is sent twice, so
 * nothing is done twice.
 */
#include "proto/request.h"

#include <assert.h>

#include "proto/command.h"
#include "proto/peers.h"
#include "proto/roles.h"
#include "proto/step.h"

enum {
	/* An answer is kept this many leases when its requester is not heard any more. */
	ANSWER_KEPT_LEASES = 4,
	/* Whoever is there is heard within one heartbeat, and hears within another. */
	LOOKS_AROUND_HEARTBEATS = 3,
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

void request_answer(struct step *step, const struct answer *answer)
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

bool request_is_answered(const struct member *m, const struct asked *asked)
{
	for (uint8_t i = 0; i < m->owed_count; i++)
		if (m->owed[i].answer.requester == asked->requester &&
		    m->owed[i].answer.request == asked->request->id)
			return true;
	return false;
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
		const struct peer_role_report *heard = &m->peers[p].roles[r];
		bool owns = heard->known && heard->report.is_candidate &&
		            (heard->report.claim == CLAIM_HOLDING ||
		             heard->report.claim == CLAIM_RELEASING) &&
		            instant_before(step->now, heard->fresh_until);
		if (owns && heard->report.claim_epoch > epoch)
			epoch = heard->report.claim_epoch;
	}
	return epoch;
}

static uint64_t follows(const struct step *step, const struct request *request)
{
	const struct member *m = step->m;
	uint8_t target = member_index(m, request->target);
	switch (request->kind) {
	case REQUEST_MOVE:
		return owner_epoch(step, roles_find(m, request->role));
	case REQUEST_STOP:
	case REQUEST_START:
		return m->roles[roles_find(m, request->role)].record.counter;
	case REQUEST_PAUSE:
	case REQUEST_RESUME:
		return target == m->setup->self ? m->pause_counter : m->peers[target].pause_counter;
	case REQUEST_CLEAR:
		break;
	}
	return 0;
}

/* A daemon that has just begun knows neither owners nor what operators decided meanwhile, and of
 * nobody whether it is there: what is typed now waits for a moment. No wake-up is needed for its
 * end, as the next heartbeat is one. */
static bool looks_around(const struct step *step)
{
	const struct member *m = step->m;
	struct span moment = span_times(m->timing.heartbeat, LOOKS_AROUND_HEARTBEATS);
	if (instant_reached(step->now, instant_plus(m->started_at, moment)))
		return false;
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		if (p != m->setup->self && !peer_is_fresh(m, p, step->now))
			return true;
	return false;
}

/* A member of minor version 0 refuses every page with a kind of request that it does not know: its
 * vote would be lost for as long as the request is under way. */
static bool is_unknown_to_some(const struct step *step, enum request_kind kind)
{
	const struct member *m = step->m;
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		if (p != m->setup->self && peer_is_fresh(m, p, step->now) && m->peers[p].minor == 0)
			return kind == REQUEST_CLEAR;
	return false;
}

static void refuse_own(struct step *step, uint8_t i, enum verdict verdict)
{
	struct member *m = step->m;
	struct answer refused = {
	    .requester = m->self_id, .request = m->requests[i].request.id, .verdict = verdict};
	step_answer(step, m->requests[i].handle, refused);
	drop_own(m, i);
}

/* From now on it is part of the heartbeats. */
static void form(struct step *step, uint8_t i)
{
	struct member *m = step->m;
	struct own_request *own = &m->requests[i];
	if (is_unknown_to_some(step, own->request.kind)) {
		refuse_own(step, i, VERDICT_OLD_PEER);
		return;
	}
	own->request.follows = follows(step, &own->request);
	own->is_held_back = false;
	step_changed(step);
	if (own->request.kind != REQUEST_MOVE || own->request.follows != 0)
		return;
	const struct role *role = &m->roles[roles_find(m, own->request.role)];
	refuse_own(step, i,
	           role->record.wanted == WANTED_STOPPED ? VERDICT_STOPPED : VERDICT_NO_OWNER);
}

void request_typed(struct step *step, const struct event *event)
{
	struct member *m = step->m;
	bool about_role =
	    event->as.request.kind == REQUEST_MOVE || event->as.request.kind == REQUEST_STOP ||
	    event->as.request.kind == REQUEST_START || event->as.request.kind == REQUEST_CLEAR;
	uint8_t r = event->as.request.role;
	assert(!about_role || r < m->setup->role_count);
	if (m->request_count == REQUESTS_MAX) {
		struct answer refused = {.requester = m->self_id, .verdict = VERDICT_TABLE_FULL};
		step_answer(step, event->as.request.handle, refused);
		return;
	}
	m->requests[m->request_count++] = (struct own_request){
	    .request = {.id = (uint64_t)m->incarnation << 32 | ++m->request_counter,
	                .kind = event->as.request.kind,
	                .role = about_role ? m->setup->roles[r].id : 0,
	                .target = event->as.request.target == NO_MEMBER
	                              ? 0
	                              : m->setup->members[event->as.request.target].id},
	    .is_held_back = true,
	    .handle = event->as.request.handle,
	    .expires = instant_plus(step->now, event->as.request.limit),
	};
	if (!looks_around(step))
		form(step, m->request_count - 1);
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
			    !request_is_answered(m, &asked))
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
		if (still_asked(m, &m->owed[i].answer) && !step_reached(step, m->owed[i].expires)) {
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
		struct answer answer = {.requester = m->self_id,
		                        .verdict = VERDICT_TIMEOUT,
		                        .request = m->requests[i].request.id};
		step_answer(step, m->requests[i].handle, answer);
		drop_own(m, i);
		step_changed(step);
	}
}

/* Carrying out may answer and so drop entries of the own table: go from its end. */
static void carry_out_all(struct step *step)
{
	struct member *m = step->m;
	for (uint8_t i = m->request_count; i-- > 0;)
		if (m->requests[i].is_held_back)
			form(step, i);
	for (uint8_t i = m->request_count; i-- > 0;) {
		struct request request = m->requests[i].request;
		struct asked asked = {m->self_id, &request};
		command_carry_out(step, &asked);
	}
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer *peer = &m->peers[p];
		for (uint8_t i = 0; i < peer->request_count; i++) {
			struct asked asked = {m->setup->members[p].id, &peer->requests[i]};
			if (peer_is_fresh(m, p, step->now))
				command_carry_out(step, &asked);
		}
	}
}

void request_update(struct step *step)
{
	if (!looks_around(step))
		carry_out_all(step);
	command_update(step);
	expire_own(step);
	if (step->m->owed_count > 0)
		forget_answers(step);
}
