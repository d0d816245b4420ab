/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a node without a claim tries to get a role: when somebody wants it run, it may, a majority
 * can be had, nobody else claims it, and its turn has come. All of this is for peace and speed;
 * safety rests on the voters alone.
 */
#include "proto/candidacy.h"

#include "proto/fence.h"
#include "proto/peers.h"
#include "proto/rank.h"
#include "proto/request.h"
#include "proto/retire.h"
#include "proto/sharing.h"
#include "proto/step.h"

/* Someone wants an owner: to run the role, or to write down what an operator decided. */
static bool has_reason(const struct step *step, uint8_t r, bool *to_run)
{
	const struct member *m = step->m;
	*to_run = m->roles[r].record.wanted == WANTED_STARTED &&
	          election_unfit(m, r, step->now) == UNFIT_NOT;
	if (*to_run)
		return true;
	return !m->leaving && !m->setup->roles[r].retired &&
	       (request_is_pending(m, r, REQUEST_START, step->now) ||
	        request_is_pending(m, r, REQUEST_STOP, step->now));
}

static enum obstacle why_not(const struct member *m, uint8_t r, struct instant now)
{
	const struct role *role = &m->roles[r];
	if (role->record.wanted != WANTED_STARTED)
		return OBSTACLE_UNWANTED;
	return instant_before(now, role->fence_retry_at) ? OBSTACLE_FENCE_FAILED : OBSTACLE_UNFIT;
}

/* Only to run it is a node switched off, not to write down what an operator decided. */
static bool runs_it_if_it_can(const struct step *step, uint8_t r)
{
	const struct member *m = step->m;
	return election_unfit(m, r, step->now) == UNFIT_NOT &&
	       (m->roles[r].record.wanted == WANTED_STARTED ||
	        request_is_pending(m, r, REQUEST_START, step->now));
}

static bool others_claim(struct step *step, uint8_t r)
{
	const struct member *m = step->m;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer_role_report *peer_role = &m->peers[p].roles[r];
		if (p == m->setup->self || !peer_role->known || !peer_role->report.is_candidate ||
		    peer_role->report.claim == CLAIM_NONE || m->peers[p].leaving)
			continue;
		/* One that was overtaken holds nobody's vote any more, and for how long it says so
		 * nobody knows. */
		if (peer_role->report.may_run &&
		    peer_role->report.claim_epoch < m->roles[r].voter.seen)
			continue;
		if (!step_reached(step, peer_role->fresh_until))
			return true;
	}
	return false;
}

/* Votes that could be had within half a heartbeat: a voter that comes free meanwhile grants at that
 * instant. To ask a majority that is promised would only disturb. */
static enum obstacle votes_of_others(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct span ahead = span_divided(m->timing.heartbeat, 2);
	uint8_t votes = voters_contain(&m->voters, m->self_id);
	uint8_t reachable = votes;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer *peer = &m->peers[p];
		if (p == m->setup->self || !peer_counts(m, p, step->now))
			continue;
		reachable++;
		if (peer->abstaining || peer->relearning)
			continue;
		if (!peer->roles[r].known ||
		    step_reached(step, instant_minus(peer->roles[r].vote_free_at, ahead)))
			votes++;
	}
	uint8_t needed = quorum_of(m->voters.count);
	if (votes >= needed)
		return OBSTACLE_NONE;
	return reachable >= needed ? OBSTACLE_VOTES : OBSTACLE_QUORUM;
}

static enum obstacle own_vote(struct step *step, uint8_t r)
{
	const struct member *m = step->m;
	const struct voter *voter = &m->roles[r].voter;
	if (m->abstaining)
		return OBSTACLE_ABSTAINING;
	if (m->relearning)
		return OBSTACLE_RELEARNING;
	bool free = voter->holder == 0 || (!voter->endless && step_reached(step, voter->until));
	return free ? OBSTACLE_NONE : OBSTACLE_PROMISED;
}

/* After a release that named a successor the others hold back for a moment. */
static bool successor_goes_first(struct step *step, uint8_t r)
{
	const struct role *role = &step->m->roles[r];
	return role->successor != 0 && role->successor != step->m->self_id &&
	       !step_reached(step, role->successor_until);
}

static bool is_heir(const struct step *step, uint8_t r)
{
	const struct role *role = &step->m->roles[r];
	return role->successor == step->m->self_id &&
	       instant_before(step->now, role->successor_until);
}

/* Epoch and record as this member's disk has them: what it says of itself must be true. */
static bool disk_is_ready(const struct member *m, uint8_t r)
{
	const struct role *role = &m->roles[r];
	uint64_t used = role->voter.seen > role->claim.epoch ? role->voter.seen : role->claim.epoch;
	if (m->epoch_jump > used)
		used = m->epoch_jump;
	return m->persisted >= m->incarnation_generation && used < m->reserved_on_disk &&
	       !record_newer(&role->record, &role->stored) &&
	       timing_promise(m->timing).ns <= m->longest_on_disk.ns;
}

static enum obstacle obstacle_of(struct step *step, uint8_t r, bool *to_run)
{
	const struct member *m = step->m;
	if (!has_reason(step, r, to_run))
		return why_not(m, r, step->now);
	/* An agent at work is not disturbed by a write that does not take long. */
	bool disk_is_late = !disk_is_ready(m, r);
	if (disk_is_late && !fence_is_under_way(m))
		return OBSTACLE_DISK;
	if (m->roles[r].phase != PHASE_DOWN)
		return OBSTACLE_RELEASING;
	if (others_claim(step, r))
		return OBSTACLE_CLAIMED;
	if (sharing_hinders(step, r))
		return OBSTACLE_SHARED;
	enum obstacle obstacle = own_vote(step, r);
	if (obstacle == OBSTACLE_NONE)
		obstacle = votes_of_others(step, r);
	if (runs_it_if_it_can(step, r))
		obstacle = fence_obstacle(step, r, obstacle);
	if (obstacle == OBSTACLE_NONE && disk_is_late)
		obstacle = OBSTACLE_DISK;
	if (obstacle == OBSTACLE_NONE && successor_goes_first(step, r))
		obstacle = OBSTACLE_HEIR;
	return obstacle;
}

/* A role that should run and does not is a thing to explain: once for each reason, and not faster
 * than reasons can flicker. */
static void explain(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct role *role = &m->roles[r];
	bool unowned = role->record.wanted == WANTED_STARTED && role->obstacle != OBSTACLE_NONE &&
	               !others_claim(step, r);
	if (!unowned) {
		role->unowned_since = INSTANT_NEVER;
		role->explained = OBSTACLE_NONE;
		return;
	}
	struct span patience = span_times(timing_promise(m->timing), 2);
	if (role->unowned_since.ns == INSTANT_NEVER.ns) {
		role->unowned_since = step->now;
		role->explain_at = instant_plus(step->now, patience);
	}
	if (role->explained == role->obstacle || !step_reached(step, role->explain_at))
		return;
	role->explained = role->obstacle;
	role->explain_at = instant_plus(step->now, patience);
	step_note(step, (struct note){.kind = NOTE_UNOWNED,
	                              .role = role->id,
	                              .peer = NO_MEMBER,
	                              .detail = (uint8_t)role->obstacle,
	                              .count = (uint32_t)election_unfit(m, r, step->now),
	                              .span = instant_since(step->now, role->unowned_since)});
}

/* The best node at once, each further one half a heartbeat later, so that usually one node seeks;
 * a command for a role that nobody runs waits for the owner's answer to arrive first. */
static struct span turn(struct step *step, uint8_t r, bool to_run)
{
	const struct member *m = step->m;
	struct span slot = span_divided(m->timing.heartbeat, 2);
	uint8_t rank = is_heir(step, r) ? 0 : rank_of(m, r, m->setup->self, step->now);
	struct span delay = span_times(slot, rank);
	if (rank > 0)
		delay = span_plus(delay, step_jitter(step, span_divided(slot, 2)));
	return to_run ? delay : span_plus(delay, m->timing.heartbeat);
}

/* At a cold start of the cluster everybody may vote again at about the same moment; the role should
 * not go to whoever was a millisecond early. Only where nobody is known to have owned it since this
 * member started, and not for long: no takeover waits for a node that has just come back. */
static bool better_may_not_vote_yet(struct step *step, uint8_t r)
{
	const struct member *m = step->m;
	struct span wait = span_times(timing_promise(m->timing), 2);
	bool waits = false;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		struct standing standing = rank_standing(m, r, p, step->now);
		waits = waits || (standing.reachable && standing.known && standing.failures == 0 &&
		                  standing.unfit == UNFIT_MUTE &&
		                  rank_is_listed_before(m, r, p, m->setup->self));
	}
	return waits && m->roles[r].noted_owner_epoch == 0 &&
	       !step_reached(step, instant_plus(m->started_at, wait));
}

bool candidacy_is_due(struct step *step, uint8_t r)
{
	struct role *role = &step->m->roles[r];
	struct claim *claim = &role->claim;
	bool to_run = false;
	if (role->record.wanted == WANTED_STARTED)
		(void)(step_reached(step,
		                    role->retry_at) && /* be woken when the back-off is over */
		       step_reached(step, role->fence_retry_at) &&
		       step_reached(step, role->lease_retry_at));
	role->obstacle = obstacle_of(step, r, &to_run);
	explain(step, r);
	if (role->obstacle != OBSTACLE_NONE) {
		claim->open_since = INSTANT_NEVER;
		return false;
	}
	if (claim->open_since.ns == INSTANT_NEVER.ns) {
		claim->open_since = step->now;
		claim->turn_delay = turn(step, r, to_run);
	}
	if (!is_heir(step, r) &&
	    (!step_reached(step, claim->candidacy_after) || better_may_not_vote_yet(step, r)))
		return false;
	return step_reached(step, instant_plus(claim->open_since, claim->turn_delay));
}
