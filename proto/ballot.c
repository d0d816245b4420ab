/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This member's votes, role by role: which claims are brought before the voter, and what follows
 * from its answer. The rules themselves stand in voter.c.
 */
#include "proto/ballot.h"

#include <assert.h>

#include "proto/peers.h"
#include "proto/rank.h"
#include "proto/record.h"
#include "proto/sharing.h"
#include "proto/step.h"

static struct voter_terms terms_of(const struct member *m, uint8_t r)
{
	return (struct voter_terms){
	    .abstaining = m->abstaining,
	    .relearning = m->relearning,
	    .reserved_epoch = m->reserved_on_disk,
	    .longest_promise = m->longest_on_disk,
	    .record = m->roles[r].stored,
	};
}

static void note_refusal(struct step *step, uint8_t r, const struct bid *bid,
                         enum refusal_reason reason)
{
	struct role *role = &step->m->roles[r];
	if (role->refused_claimant == bid->claimant && role->refused_epoch == bid->epoch)
		return;
	/* `releasing` is not a wish for a vote. */
	if (bid->claim == CLAIM_RELEASING)
		return;
	role->refused_claimant = bid->claimant;
	role->refused_epoch = bid->epoch;
	step_note(step, (struct note){.kind = NOTE_REFUSED,
	                              .role = role->id,
	                              .epoch = bid->epoch,
	                              .peer = member_index(step->m, bid->claimant),
	                              .detail = (uint8_t)reason});
}

static void consider(struct step *step, uint8_t r, const struct bid *bid,
                     const struct identities *what)
{
	struct role *role = &step->m->roles[r];
	struct voter_terms terms = terms_of(step->m, r);
	enum refusal_reason reason = REFUSED_PROMISED;
	if (sharing_promised(step->m, r, bid->claimant, what, step->now) != ROLES_MAX) {
		note_refusal(step, r, bid, REFUSED_SHARED);
		if (bid->claim != CLAIM_SEEKING)
			voter_raise_top(&role->voter, bid->epoch);
		voter_raise_seen(&role->voter, bid->epoch);
		return;
	}
	record_need_promise(step, bid->promise);
	enum vote vote = voter_consider(&role->voter, bid, &terms, step->now, &reason);
	if (vote != VOTE_REFUSED)
		role->promised = *what;
	switch (vote) {
	case VOTE_REFUSED:
		note_refusal(step, r, bid, reason);
		break;
	case VOTE_RENEWED:
		break;
	case VOTE_GRANTED:
		role->granted_at_seq = step->m->seq;
		step_changed(step);
		step_note(step, (struct note){.kind = NOTE_GRANTED,
		                              .role = role->id,
		                              .epoch = bid->epoch,
		                              .span = bid->promise,
		                              .peer = member_index(step->m, bid->claimant)});
		break;
	}
}

/* The claimant may say so, and so may this member's own file: the stricter counts. */
static bool role_fences(const struct member *m, uint8_t r)
{
	return r < m->setup->role_count && m->setup->roles[r].fences;
}

static struct bid bid_of(const struct member *m, uint8_t r, uint8_t peer)
{
	const struct peer_role_report *peer_role = &m->peers[peer].roles[r];
	return (struct bid){
	    .claimant = m->setup->members[peer].id,
	    .claim = peer_role->report.claim,
	    .epoch = peer_role->report.claim_epoch,
	    .by = peer_role->stamp,
	    .promise = peer_role->promise,
	    .fences = peer_role->report.fences || role_fences(m, r),
	    .record = peer_role->report.record,
	};
}

static bool bids(const struct member *m, uint8_t r, uint8_t peer, enum claim_state claim,
                 struct instant now)
{
	const struct peer_role_report *peer_role = &m->peers[peer].roles[r];
	return peer_role->known && peer_role->report.is_candidate &&
	       peer_role->report.claim == claim && instant_before(now, peer_role->fresh_until);
}

static void note_owner(struct step *step, uint8_t r, uint8_t peer)
{
	struct role *role = &step->m->roles[r];
	const struct role_report *report = &step->m->peers[peer].roles[r].report;
	if (report->claim != CLAIM_HOLDING || report->claim_epoch <= role->noted_owner_epoch)
		return;
	role->noted_owner_epoch = report->claim_epoch;
	step_note(step, (struct note){.kind = NOTE_OWNER_SEEN,
	                              .role = role->id,
	                              .peer = peer,
	                              .epoch = report->claim_epoch});
}

void ballot_hear(struct step *step, uint8_t r, uint8_t peer)
{
	const struct peer_role_report *peer_role = &step->m->peers[peer].roles[r];
	assert(peer_role->known && peer_role->report.claim != CLAIM_NONE);
	if (!instant_before(step->now, peer_role->fresh_until))
		return;
	note_owner(step, r, peer);
	struct bid bid = bid_of(step->m, r, peer);
	consider(step, r, &bid, sharing_heard(step->m, r, peer));
}

void ballot_self(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	const struct role *role = &m->roles[r];
	struct bid bid = {
	    .claimant = m->self_id,
	    .claim = role->claim.state,
	    .epoch = role->claim.epoch,
	    .by = {m->incarnation, m->seq + 1},
	    .promise = timing_promise(m->timing),
	    .fences = role_fences(m, r),
	    .record = role->stored,
	};
	consider(step, r, &bid, sharing_said(m, r));
}

void ballot_none(struct step *step, uint8_t r, uint64_t claimant, uint32_t incarnation)
{
	if (voter_free(&step->m->roles[r].voter, claimant, incarnation))
		step_changed(step);
}

bool ballot_off(struct step *step, uint8_t r, const struct fence_news *news)
{
	struct role *role = &step->m->roles[r];
	uint64_t id = step->m->setup->members[news->member].id;
	uint64_t epoch = role->voter.granted;
	if (!voter_hear_off(&role->voter, id, news->incarnation, news->off_after))
		return false;
	step_changed(step);
	step_note(step, (struct note){.kind = NOTE_FREED_BY_OFF,
	                              .role = role->id,
	                              .epoch = epoch,
	                              .peer = news->member,
	                              .other = news->teller});
	return true;
}

/* The seeker that should rather have the role. An owner that this vote was lost for comes first,
 * but it gets the vote with its next page: what it said last may be all that is left of it, and a
 * vote given for that would be promised to the dead. */
static uint8_t waiting(const struct member *m, uint8_t r, struct instant now)
{
	uint8_t best = NO_MEMBER;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		if (p == m->setup->self)
			continue;
		if (bids(m, r, p, CLAIM_HOLDING, now))
			return NO_MEMBER;
		if (!bids(m, r, p, CLAIM_SEEKING, now) ||
		    m->peers[p].roles[r].report.claim_epoch <= m->roles[r].voter.top)
			continue;
		if (best == NO_MEMBER || rank_of(m, r, p, now) < rank_of(m, r, best, now))
			best = p;
	}
	return best;
}

/* A vote that comes free while a seeker waits is given at that instant, so that a takeover costs
 * one hop after the old promise is over. */
void ballot_update(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	const struct voter *voter = &m->roles[r].voter;
	if (voter->holder != 0 && !step_reached(step, voter->until))
		return;
	if (m->abstaining || m->relearning || voter->holder == m->self_id)
		return;
	uint8_t peer = waiting(m, r, step->now);
	if (peer == NO_MEMBER)
		return;
	struct bid bid = bid_of(m, r, peer);
	consider(step, r, &bid, sharing_heard(m, r, peer));
}
