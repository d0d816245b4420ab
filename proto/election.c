/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This member's claim to one role, from seeking to released.
 *
 *     none ----> seeking ----> holding ----> releasing ----> none
 *       ^___________|  (withdrawn)
 *
 * The only assignments to claim.state are in enter(). A lease that ended never comes back, and the
 * claim stays `releasing` until the resources are down, whatever happens to the lease: what a voter
 * hears as `none` frees its promise.
 */
#include "proto/election.h"

#include <assert.h>

#include "proto/ballot.h"
#include "proto/candidacy.h"
#include "proto/epochs.h"
#include "proto/lease.h"
#include "proto/overdue.h"
#include "proto/pace.h"
#include "proto/peers.h"
#include "proto/rank.h"
#include "proto/record.h"
#include "proto/request.h"
#include "proto/retire.h"
#include "proto/sharing.h"
#include "proto/step.h"

/* A role that failed waits this long before it tries here again, doubling up to the limit, and is
 * forgiven after it was up for as long as FORGIVEN. */
enum { RETRY_FIRST_S = 5, RETRY_LIMIT_S = 300, FORGIVEN_S = 900, FAILURES_MAX = 100 };

static void enter(struct step *step, uint8_t r, enum claim_state state)
{
	static const unsigned allowed[CLAIM_STATES] = {
	    [CLAIM_NONE] = 1u << CLAIM_SEEKING,
	    [CLAIM_SEEKING] = 1u << CLAIM_HOLDING | 1u << CLAIM_NONE,
	    [CLAIM_HOLDING] = 1u << CLAIM_RELEASING,
	    [CLAIM_RELEASING] = 1u << CLAIM_NONE,
	};
	struct claim *claim = &step->m->roles[r].claim;
	assert(allowed[claim->state] & 1u << state);
	claim->state = state;
	claim->since = step->now;
	claim->open_since = INSTANT_NEVER;
	claim->may_run = false;
	step_changed(step);
}

static void seek(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct role *role = &m->roles[r];
	struct claim *claim = &role->claim;
	epochs_jump(step);
	uint64_t used = role->voter.seen > claim->epoch ? role->voter.seen : claim->epoch;
	/* Above everything seen, so that an old grant never counts for this claim. */
	claim->epoch = used + 1;
	sharing_take(claim, &m->setup->roles[r].identities);
	claim->first_seq = m->seq + 1;
	claim->lease_end = INSTANT_PAST;
	claim->confirmed_at = INSTANT_PAST;
	claim->successor = 0;
	claim->forced = false;
	claim->candidacy_deadline = instant_plus(step->now, span_times(m->timing.heartbeat, 4));
	enter(step, r, CLAIM_SEEKING);
	step_note(step, (struct note){.kind = NOTE_SEEKING,
	                              .role = role->id,
	                              .epoch = claim->epoch,
	                              .peer = NO_MEMBER,
	                              .count = rank_of(m, r, m->setup->self, step->now)});
}

static void withdraw(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct role *role = &m->roles[r];
	step_note(step, (struct note){.kind = NOTE_WITHDRAWN,
	                              .role = role->id,
	                              .epoch = role->claim.epoch,
	                              .peer = NO_MEMBER,
	                              .count = lease_votes(step, r),
	                              .total = m->voters.count});
	enter(step, r, CLAIM_NONE);
	ballot_none(step, r, m->self_id, m->incarnation);
	uint8_t rank = rank_of(m, r, m->setup->self, step->now);
	struct span backoff = step_jitter(step, span_times(m->timing.heartbeat, 3));
	backoff.ns += m->timing.heartbeat.ns / 2 * rank;
	role->claim.candidacy_after = instant_plus(step->now, backoff);
}

/* Somebody else has the majority, or should rather have it. */
static bool is_outbid(struct step *step, uint8_t r)
{
	const struct member *m = step->m;
	const struct claim *claim = &m->roles[r].claim;
	uint8_t own_rank = rank_of(m, r, m->setup->self, step->now);
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer_role_report *heard = &m->peers[p].roles[r];
		if (p == m->setup->self || !heard->known || !heard->report.is_candidate ||
		    !instant_before(step->now, heard->fresh_until))
			continue;
		if (heard->report.claim == CLAIM_HOLDING)
			return true;
		/* Both sought: the worse one gives way after a moment in which it could have won.
		 */
		if (heard->report.claim == CLAIM_SEEKING &&
		    rank_of(m, r, p, step->now) < own_rank &&
		    step_reached(step, instant_plus(claim->since, m->timing.heartbeat)))
			return true;
	}
	return false;
}

static void take(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct role *role = &m->roles[r];
	enter(step, r, CLAIM_HOLDING);
	role->better_since = INSTANT_NEVER;
	role->noted_owner_epoch = role->claim.epoch;
	step_note(step, (struct note){.kind = NOTE_TAKEN,
	                              .role = role->id,
	                              .peer = NO_MEMBER,
	                              .epoch = role->claim.epoch,
	                              .count = lease_votes(step, r),
	                              .total = m->voters.count,
	                              .span = instant_since(role->claim.lease_end, step->now)});
	record_restamp(step, r);
}

static void seeking_update(struct step *step, uint8_t r)
{
	struct claim *claim = &step->m->roles[r].claim;
	if (instant_before(step->now, claim->lease_end))
		take(step, r);
	else if (is_outbid(step, r) || step_reached(step, claim->candidacy_deadline))
		withdraw(step, r);
}

static void note_releasing(struct step *step, uint8_t r)
{
	const struct role *role = &step->m->roles[r];
	step_note(step, (struct note){.kind = NOTE_RELEASING,
	                              .role = role->id,
	                              .epoch = role->claim.epoch,
	                              .detail = (uint8_t)role->claim.reason,
	                              .peer = role->claim.successor == 0
	                                          ? NO_MEMBER
	                                          : member_index(step->m, role->claim.successor)});
}

void election_release(struct step *step, uint8_t r, enum release_reason reason, uint64_t successor)
{
	struct role *role = &step->m->roles[r];
	assert(role->claim.state == CLAIM_HOLDING);
	role->claim.reason = reason;
	role->claim.successor = successor;
	role->phase = PHASE_STOPPING;
	role->up_since = INSTANT_NEVER;
	role->operation.active = false;
	enter(step, r, CLAIM_RELEASING);
	note_releasing(step, r);
	step_release(step, r);
}

static void release_to_best(struct step *step, uint8_t r, enum release_reason reason)
{
	uint8_t best = rank_best_other(step->m, r, step->now);
	election_release(step, r, reason, best == NO_MEMBER ? 0 : step->m->setup->members[best].id);
}

static void lease_over(struct step *step, uint8_t r)
{
	struct role *role = &step->m->roles[r];
	struct claim *claim = &role->claim;
	step_note(step, (struct note){.kind = NOTE_LEASE_OVER,
	                              .role = role->id,
	                              .epoch = claim->epoch,
	                              .peer = NO_MEMBER,
	                              .span = instant_since(step->now, claim->confirmed_at)});
	pace_lease_lost(step, r);
	claim->forced = true;
	claim->forced_at = step->now;
	claim->successor = 0;
	role->phase = PHASE_STOPPING;
	role->up_since = INSTANT_NEVER;
	role->operation.active = false;
	if (claim->state == CLAIM_HOLDING)
		enter(step, r, CLAIM_RELEASING);
	step_release(step, r);
}

/*
 * Somebody owns the role at a later epoch. No majority grants that while this lease runs, by clocks
 * within the bound; so the clock of this machine stood still with it, as when a hypervisor paused
 * it, and the lease end it waits for is long past.
 */
static uint8_t superseded_by(const struct member *m, uint8_t r)
{
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer_role_report *heard = &m->peers[p].roles[r];
		const struct role_report *report = &heard->report;
		if (p == m->setup->self || !heard->known || !report->is_candidate ||
		    report->claim_epoch <= m->roles[r].claim.epoch)
			continue;
		if (report->claim == CLAIM_HOLDING || report->claim == CLAIM_RELEASING)
			return p;
	}
	return NO_MEMBER;
}

static void end_superseded(struct step *step, uint8_t r)
{
	struct role *role = &step->m->roles[r];
	uint8_t owner = superseded_by(step->m, r);
	/* Only an owner writes a record: a later one is as good as its claim. */
	if (role->record.epoch > role->claim.epoch)
		role->claim.lease_end = instant_earlier(role->claim.lease_end, step->now);
	if (owner == NO_MEMBER)
		return;
	uint64_t epoch = step->m->peers[owner].roles[r].report.claim_epoch;
	if (epoch > role->noted_owner_epoch)
		step_note(step, (struct note){.kind = NOTE_OWNER_SEEN,
		                              .role = role->id,
		                              .peer = owner,
		                              .epoch = epoch});
	role->noted_owner_epoch = epoch;
	role->claim.lease_end = instant_earlier(role->claim.lease_end, step->now);
}

static bool failback_is_due(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct role *role = &m->roles[r];
	const struct setup_role *setup = &m->setup->roles[r];
	uint8_t best = rank_best_other(m, r, step->now);
	bool better = setup->fails_back && role->phase == PHASE_UP && best != NO_MEMBER &&
	              rank_of(m, r, best, step->now) < rank_of(m, r, m->setup->self, step->now);
	if (!better) {
		role->better_since = INSTANT_NEVER;
		return false;
	}
	if (role->better_since.ns == INSTANT_NEVER.ns)
		role->better_since = step->now;
	return step_reached(step, instant_plus(role->better_since, setup->failback));
}

/* What an owner whose resources are down does: start them, or let the role go. */
static void holding_down(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct role *role = &m->roles[r];
	if (role->operation.active)
		return; /* command.c finishes it when a majority has stored it */
	if (request_is_pending(m, r, REQUEST_STOP, step->now) ||
	    request_is_pending(m, r, REQUEST_START, step->now)) {
		/* Taken to write down what an operator decided: command.c begins that in the next
		 * step, which the write of the confirmed record brings about. */
	} else if (role->record.wanted == WANTED_STOPPED) {
		election_release(step, r, RELEASE_STOP, 0);
	} else if (election_unfit(m, r, step->now) != UNFIT_NOT) {
		release_to_best(step, r, RELEASE_UNFIT);
	} else if (member_may_act(m, r, step->now)) {
		role->phase = PHASE_STARTING;
		step_changed(step);
		step_start(step, r, role->claim.epoch);
	}
}

static void holding_update(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct role *role = &m->roles[r];
	if (step_reached(step, role->claim.lease_end)) {
		lease_over(step, r);
		return;
	}
	if (m->leaving)
		release_to_best(step, r, RELEASE_LEAVE);
	else if (m->setup->roles[r].retired || role->claim.crowded)
		retire_update(step, r);
	else if (role->phase == PHASE_DOWN)
		holding_down(step, r);
	else if (!role->resources_fit)
		release_to_best(step, r, RELEASE_UNFIT);
	else if (role->record.wanted == WANTED_STOPPED && !role->operation.active)
		election_release(step, r, RELEASE_STOP, 0);
	else if (failback_is_due(step, r))
		release_to_best(step, r, RELEASE_FAILBACK);
	else if (role->phase == PHASE_UP && role->failures > 0 &&
	         step_reached(step, instant_plus(role->up_since, span_ms(FORGIVEN_S * 1000))))
		role->failures = 0;
}

void election_update(struct step *step, uint8_t r)
{
	struct claim *claim = &step->m->roles[r].claim;
	step->m->roles[r].fence_target = NO_MEMBER;
	if (claim->state == CLAIM_NONE && candidacy_is_due(step, r))
		seek(step, r);
	if (claim->state == CLAIM_NONE)
		return;
	if (claim->state != CLAIM_SEEKING && instant_before(step->now, claim->lease_end))
		end_superseded(step, r);
	lease_update(step, r);
	if (claim->resumed) {
		claim->resumed = false;
		if (claim->may_run)
			overdue_note(step, r);
		step_release(step, r);
	}
	sharing_update(step, r);
	if (claim->state == CLAIM_SEEKING)
		seeking_update(step, r);
	if (claim->state == CLAIM_HOLDING)
		holding_update(step, r);
	if (claim->state == CLAIM_RELEASING && !claim->forced &&
	    step_reached(step, claim->lease_end))
		lease_over(step, r);
	overdue_update(step, r);
}

/* --- what the resources answer */

void election_started(struct step *step, uint8_t r, uint64_t epoch)
{
	struct role *role = &step->m->roles[r];
	if (role->claim.state != CLAIM_HOLDING || role->claim.epoch != epoch)
		return;
	sharing_settle(step, r);
	if (role->phase != PHASE_STARTING)
		return;
	role->phase = PHASE_UP;
	role->up_since = step->now;
	step_changed(step);
	step_note(step, (struct note){.kind = NOTE_UP,
	                              .role = role->id,
	                              .epoch = epoch,
	                              .peer = NO_MEMBER,
	                              .span = instant_since(step->now, role->claim.since)});
}

void election_released(struct step *step, uint8_t r, uint64_t epoch)
{
	struct member *m = step->m;
	struct role *role = &m->roles[r];
	struct claim *claim = &role->claim;
	if (claim->state != CLAIM_RELEASING || claim->epoch != epoch)
		return;
	role->phase = PHASE_DOWN;
	step_note(step,
	          (struct note){.kind = NOTE_RELEASED,
	                        .role = role->id,
	                        .epoch = epoch,
	                        .span = instant_since(step->now, claim->since),
	                        .peer = claim->successor == 0 ? NO_MEMBER
	                                                      : member_index(m, claim->successor)});
	enter(step, r, CLAIM_NONE);
	ballot_none(step, r, m->self_id, m->incarnation);
	/* Let another one try first. */
	struct span pause = span_times(m->timing.heartbeat, 2);
	pause = span_plus(pause, step_jitter(step, pause));
	claim->candidacy_after = instant_plus(step->now, pause);
	if (claim->successor != 0) {
		role->handed_epoch = epoch;
		role->successor = claim->successor;
		role->successor_until = instant_plus(step->now, span_times(m->timing.heartbeat, 3));
	}
}

static struct span retry_after(uint8_t failures)
{
	int64_t seconds = RETRY_FIRST_S;
	for (uint8_t i = 1; i < failures && seconds < RETRY_LIMIT_S; i++)
		seconds *= 2;
	return span_ms((seconds < RETRY_LIMIT_S ? seconds : RETRY_LIMIT_S) * 1000);
}

void election_failed(struct step *step, uint8_t r, uint64_t epoch)
{
	struct role *role = &step->m->roles[r];
	if (role->claim.state != CLAIM_HOLDING || role->claim.epoch != epoch)
		return;
	if (role->failures < FAILURES_MAX)
		role->failures++;
	role->failed_at = step->now;
	struct span backoff = retry_after(role->failures);
	role->retry_at = instant_plus(step->now, backoff);
	step_persist(step);
	step_note(step, (struct note){.kind = NOTE_FAILED_HERE,
	                              .role = role->id,
	                              .epoch = epoch,
	                              .peer = NO_MEMBER,
	                              .count = role->failures,
	                              .span = backoff});
	release_to_best(step, r, RELEASE_FAILED);
}
