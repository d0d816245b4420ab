/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries commands out: as the owner of the role they are about, or as the node they are about.
 * Says no before anything stops, and yes to a stop or start only when a majority of disks holds it.
 * How commands and answers travel is in request.c.
 */
#include "proto/command.h"

#include <assert.h>

#include "proto/election.h"
#include "proto/peers.h"
#include "proto/rank.h"
#include "proto/record.h"
#include "proto/request.h"
#include "proto/retire.h"
#include "proto/roles.h"
#include "proto/step.h"

static void give_verdict(struct step *step, const struct asked *asked, enum verdict verdict,
                         uint8_t detail, uint64_t target)
{
	struct answer answer = {.requester = asked->requester,
	                        .request = asked->request->id,
	                        .verdict = verdict,
	                        .detail = detail,
	                        .target = target};
	if (verdict != VERDICT_ACCEPTED && verdict != VERDICT_ALREADY)
		step_note(step, (struct note){.kind = NOTE_REQUEST_REFUSED,
		                              .role = asked->request->role,
		                              .peer = member_index(step->m, asked->requester),
		                              .detail = (uint8_t)verdict,
		                              .count = (uint32_t)asked->request->kind});
	request_answer(step, &answer);
}

static bool is_operation(const struct operation *operation, const struct asked *asked)
{
	return operation->active && operation->requester == asked->requester &&
	       operation->request == asked->request->id;
}

static struct operation operation_of(const struct asked *asked, bool already)
{
	return (struct operation){.active = true,
	                          .requester = asked->requester,
	                          .request = asked->request->id,
	                          .kind = asked->request->kind,
	                          .already = already};
}

/* --- carried out by the owner of the role */

static enum verdict judge_target(const struct step *step, uint8_t r, uint8_t target,
                                 uint8_t *detail)
{
	const struct member *m = step->m;
	if (target == NO_MEMBER || !rank_lists(m, r, target))
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
	if (request->follows != role->claim.epoch)
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
	enum wanted wanted = asked->request->kind == REQUEST_STOP ? WANTED_STOPPED : WANTED_STARTED;
	if (role->claim.state == CLAIM_RELEASING)
		return; /* the next owner will do it */
	if (role->operation.active) {
		give_verdict(step, asked, VERDICT_BUSY, 0, 0);
		return;
	}
	bool already = role->record.wanted == wanted;
	/* A decision of a later owner is known already: this one must not write over it. */
	if (role->record.epoch > role->claim.epoch ||
	    (!already && asked->request->follows != role->record.counter)) {
		give_verdict(step, asked, VERDICT_SUPERSEDED, 0, 0);
		return;
	}
	role->operation = operation_of(asked, already);
	if (!already) {
		record_write(step, r, wanted);
		step_note(step, (struct note){.kind = NOTE_WANTED,
		                              .role = role->id,
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

static void finish(struct step *step, uint8_t r)
{
	struct operation *operation = &step->m->roles[r].operation;
	assert(operation->active);
	enum verdict verdict = operation->already ? VERDICT_ALREADY : VERDICT_ACCEPTED;
	operation->active = false;
	struct answer answer = {
	    .requester = operation->requester, .request = operation->request, .verdict = verdict};
	request_answer(step, &answer);
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
	if (m->paused != paused && asked->request->follows != m->pause_counter) {
		give_verdict(step, asked, VERDICT_SUPERSEDED, 0, 0);
		return;
	}
	m->pausing = operation_of(asked, m->paused == paused);
	if (m->paused != paused) {
		m->paused = paused;
		m->pause_counter++;
		m->paused_generation = step_persist(step);
		step_changed(step);
		step_note(step, (struct note){.kind = paused ? NOTE_PAUSED : NOTE_RESUMED,
		                              .peer = member_index(m, asked->requester)});
	}
}

/* An operator says that the cause is mended: the node may try the role again at once. It is on disk
 * with the next snapshot; a crash before that only brings the count back. */
static void clear_failures(struct step *step, const struct asked *asked)
{
	struct member *m = step->m;
	uint8_t r = roles_find(m, asked->request->role);
	if (r >= m->setup->role_count || !election_is_candidate(m, r)) {
		give_verdict(step, asked, VERDICT_UNLISTED, 0, m->self_id);
		return;
	}
	struct role *role = &m->roles[r];
	bool already = role->failures == 0 && step_reached(step, role->retry_at);
	if (!already) {
		role->failures = 0;
		role->retry_at = step->now;
		step_persist(step);
		step_changed(step);
		step_note(step, (struct note){.kind = NOTE_CLEARED,
		                              .role = role->id,
		                              .peer = member_index(m, asked->requester)});
	}
	give_verdict(step, asked, already ? VERDICT_ALREADY : VERDICT_ACCEPTED, 0, m->self_id);
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
	request_answer(step, &answer);
}

void command_carry_out(struct step *step, const struct asked *asked)
{
	if (request_is_answered(step->m, asked))
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
	case REQUEST_CLEAR:
		if (asked->request->target == step->m->self_id)
			clear_failures(step, asked);
		break;
	}
}

/* Commands whose record a majority has stored meanwhile are done. */
void command_update(struct step *step)
{
	struct member *m = step->m;
	for (uint8_t r = 0; r < m->setup->role_count; r++) {
		const struct role *role = &m->roles[r];
		if (role->operation.active && role->claim.state == CLAIM_HOLDING &&
		    instant_before(step->now, role->claim.lease_end) &&
		    record_is_decided(m, r, step->now))
			finish(step, r);
	}
	finish_pausing(step);
}
