/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Switching off whoever may still run a role, before this member takes it. Which promises do not
 * end by time, and what frees them, stands in voter.c; this file decides whom to switch off, when,
 * and whose turn that is, and tells the others what came of it. How it is done is the shell's.
 *
 * Nobody is switched off who could be the owner. A node asks for it only when a majority of the
 * voters, itself among them, can reach it now, and each of their votes either is free or is
 * promised to somebody who is not reachable here and has not renewed that for the time of a lease.
 * An owner has a majority too; the voter in both has not renewed for a lease, so the lease of that
 * owner is over, by its own clock too. An isolated node does not reach a
 * majority and never asks; when a cluster splits, at most one side has one.
 *
 * That somebody was off is said for two leases (fence_news.c) and then forgotten. Whoever was not
 * reachable in that time, and whoever asked and died before he could say it, costs one more
 * request: to switch off what is off changes nothing. Two that ask at once do no harm either. A
 * restart of the process loses what is here, and nothing but time.
 */
#include "proto/fence.h"

#include <assert.h>

#include "proto/fence_news.h"
#include "proto/peers.h"
#include "proto/rank.h"
#include "proto/request.h"
#include "proto/step.h"

enum {
	/* After a failure: an agent that cannot log in now may do so when a controller has come up
	 * again, which takes some of them ten seconds; asking faster locks accounts. After a
	 * success that did not bring the role, likewise. */
	AGAIN_FIRST_S = 10,
	/* Doubled after each failure up to this: somebody has to repair it, and should not have to
	 * wait longer for the cluster to notice. */
	AGAIN_LIMIT_S = 300,
	/* To every voter that is reachable several heartbeats bring the news in this time. */
	SAID_LEASES = 2,
};

/* --- whom */

/* By then a lease of the member that was renewed at `renewed_at` is over on its own clock too. */
static struct instant lease_is_over_at(const struct member *m, uint8_t member,
                                       struct instant renewed_at)
{
	struct span own = m->timing.lease, its = m->peers[member].timing.lease;
	int64_t lease = its.ns > own.ns ? its.ns : own.ns;
	struct span stretched = {lease / (1000 - DRIFT_PER_MILLE) * (1000 + DRIFT_PER_MILLE)};
	return instant_plus(renewed_at, stretched);
}

static bool is_out_of_reach(struct step *step, uint8_t member)
{
	const struct member *m = step->m;
	return member != NO_MEMBER && member != m->setup->self &&
	       (m->peers[member].leaving || step_reached(step, m->peers[member].fresh_until));
}

/* What this member could have if those in its way were off. */
struct hope {
	unsigned votes;
	uint8_t target; /* of those in its way the one with the newest epoch; NO_MEMBER: nobody */
	uint64_t epoch;
};

static void is_in_the_way(struct hope *hope, uint8_t member, uint64_t epoch)
{
	if (hope->target != NO_MEMBER && epoch <= hope->epoch)
		return;
	hope->target = member;
	hope->epoch = epoch;
}

static bool hope_for_own(struct step *step, uint8_t r, struct hope *hope)
{
	const struct member *m = step->m;
	const struct voter *voter = &m->roles[r].voter;
	bool votes = voters_contain(&m->voters, m->self_id);
	if (!voter_is_free(voter, step->now)) {
		uint8_t holder = member_index(m, voter->holder);
		if (!voter->endless || !is_out_of_reach(step, holder) ||
		    !step_reached(step, lease_is_over_at(m, holder, voter->renewed_at)))
			return false;
		is_in_the_way(hope, holder, voter->granted);
	}
	hope->votes += votes;
	return true;
}

static void hope_for(struct step *step, uint8_t r, uint8_t peer, struct hope *hope)
{
	const struct member *m = step->m;
	const struct peer_role_report *heard = &m->peers[peer].roles[r];
	if (!peer_counts(m, peer, step->now) || m->peers[peer].abstaining ||
	    m->peers[peer].relearning)
		return;
	if (!heard->known || instant_reached(step->now, heard->vote_free_at)) {
		hope->votes++;
		return;
	}
	uint8_t holder = member_index(m, heard->report.holder);
	/* As of its last page: it may have renewed since. */
	if (!heard->report.endless || !is_out_of_reach(step, holder) ||
	    instant_before(heard->at, lease_is_over_at(m, holder, heard->same_since)))
		return;
	hope->votes++;
	is_in_the_way(hope, holder, heard->report.granted);
}

/* The newest owner this member has heard itself, which has not said since that it let go: for the
 * case that those who voted for it have lost their memory. What is newer is what this member has
 * heard or granted itself; `top` would not do, as it starts beyond every epoch that is in use when
 * this member was rebooted, too. */
static void look_for_owner(const struct step *step, uint8_t r, struct hope *hope)
{
	const struct member *m = step->m;
	const struct role *role = &m->roles[r];
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer_role_report *heard = &m->peers[p].roles[r];
		const struct role_report *report = &heard->report;
		if (p != m->setup->self && heard->known && report->fences &&
		    (report->claim == CLAIM_HOLDING || report->claim == CLAIM_RELEASING) &&
		    report->claim_epoch >= role->noted_owner_epoch &&
		    report->claim_epoch >= role->voter.granted && !peer_is_fresh(m, p, step->now))
			is_in_the_way(hope, p, report->claim_epoch);
	}
}

static uint8_t target_of(struct step *step, uint8_t r)
{
	struct hope hope = {.target = NO_MEMBER};
	if (!hope_for_own(step, r, &hope))
		return NO_MEMBER;
	for (uint8_t p = 0; p < step->m->setup->member_count; p++)
		if (p != step->m->setup->self)
			hope_for(step, r, p, &hope);
	if (hope.votes < quorum_of(step->m->voters.count))
		return NO_MEMBER;
	look_for_owner(step, r, &hope);
	return hope.target;
}

/* The best node asks when it was so for a heartbeat, in which all who can be reached have spoken
 * again: a machine that was paused with its clock believes for a moment what was true before. Each
 * further one asks when the one before it must have failed. One that failed is unfit until it may
 * ask again, so the next moves up. */
static bool is_its_turn(struct step *step, uint8_t r, struct span limit)
{
	struct role *role = &step->m->roles[r];
	uint8_t rank = rank_of(step->m, r, step->m->setup->self, step->now);
	if (role->fence_since.ns == INSTANT_NEVER.ns || rank != role->fence_rank)
		role->fence_since = step->now;
	role->fence_rank = rank;
	struct span wait = span_plus(step->m->timing.heartbeat, span_times(limit, rank));
	return step_reached(step, instant_plus(role->fence_since, wait));
}

enum obstacle fence_obstacle(struct step *step, uint8_t r, enum obstacle obstacle)
{
	struct member *m = step->m;
	struct role *role = &m->roles[r];
	if (obstacle != OBSTACLE_NONE && obstacle != OBSTACLE_PROMISED &&
	    obstacle != OBSTACLE_VOTES)
		return obstacle;
	uint8_t target = target_of(step, r);
	role->fence_target = target;
	role->fence_due = false;
	if (target == NO_MEMBER)
		return obstacle;
	struct span limit = m->setup->members[target].fence_limit;
	if (limit.ns == 0)
		return OBSTACLE_NO_FENCE;
	if (m->peers[target].fencing.asked)
		return OBSTACLE_FENCING;
	role->fence_due = is_its_turn(step, r, limit);
	return role->fence_due ? OBSTACLE_FENCING : OBSTACLE_FENCE_TURN;
}

/* --- asking for it */

static struct span again_after(uint8_t failures)
{
	int64_t seconds = AGAIN_FIRST_S;
	for (uint8_t i = 1; i < failures && seconds < AGAIN_LIMIT_S; i++)
		seconds *= 2;
	return span_ms((seconds < AGAIN_LIMIT_S ? seconds : AGAIN_LIMIT_S) * 1000);
}

/* The newest life of the member that anybody reachable speaks of. */
static uint32_t newest_life(const struct member *m, uint8_t member)
{
	uint64_t id = m->setup->members[member].id;
	uint32_t newest = m->peers[member].heard.incarnation;
	for (uint8_t r = 0; r < m->role_count; r++) {
		const struct voter *voter = &m->roles[r].voter;
		if (voter->holder == id && voter->by.incarnation > newest)
			newest = voter->by.incarnation;
		for (uint8_t p = 0; p < m->setup->member_count; p++) {
			const struct peer_role_report *heard = &m->peers[p].roles[r];
			if (heard->known && heard->report.holder == id &&
			    heard->report.by.incarnation > newest)
				newest = heard->report.by.incarnation;
		}
	}
	return newest;
}

static void ask(struct step *step, uint8_t member, uint8_t r)
{
	struct member *m = step->m;
	struct fencing *fencing = &m->peers[member].fencing;
	fencing->asked = true;
	fencing->asked_at = step->now;
	fencing->incarnation = newest_life(m, member);
	assert(fencing->incarnation > 0);
	step_fence(step, EFFECT_FENCE, member, r);
	step_note(step, (struct note){.kind = NOTE_FENCING,
	                              .role = m->roles[r].id,
	                              .peer = member,
	                              .epoch = fencing->incarnation,
	                              .span = m->setup->members[member].fence_limit});
}

/* It came back, it was freed by itself, or this member can no longer take over. */
static void cancel(struct step *step, uint8_t member)
{
	struct fencing *fencing = &step->m->peers[member].fencing;
	fencing->asked = false;
	fencing->not_before = instant_plus(step->now, step->m->timing.lease);
	step_fence(step, EFFECT_FENCE_CANCEL, member, 0);
	step_note(step, (struct note){.kind = NOTE_FENCE_CANCELLED, .peer = member});
}

/* Nothing is in the way of those who failed because of this member. */
void fence_forgive(struct step *step, uint8_t member)
{
	struct member *m = step->m;
	m->peers[member].fencing.failures = 0;
	for (uint8_t r = 0; r < m->setup->role_count; r++) {
		if (m->roles[r].fence_failed_on != member)
			continue;
		m->roles[r].fence_failed_on = NO_MEMBER;
		m->roles[r].fence_retry_at = step->now;
		step_changed(step);
	}
}

bool fence_is_under_way(const struct member *m)
{
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		if (m->peers[p].fencing.asked)
			return true;
	return false;
}

static void member_update(struct step *step, uint8_t member)
{
	struct member *m = step->m;
	struct fencing *fencing = &m->peers[member].fencing;
	bool needed = false;
	uint8_t due = ROLES_MAX;
	for (uint8_t r = 0; r < m->setup->role_count; r++) {
		if (m->roles[r].fence_target != member)
			continue;
		needed = true;
		if (m->roles[r].fence_due && due == ROLES_MAX)
			due = r;
	}
	if (fencing->asked && !needed)
		cancel(step, member);
	else if (!fencing->asked && due < ROLES_MAX && step_reached(step, fencing->not_before))
		ask(step, member, due);
	if (fencing->failures > 0 && peer_is_fresh(m, member, step->now))
		fence_forgive(step, member);
}

void fence_update(struct step *step)
{
	struct member *m = step->m;
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		if (p != m->setup->self)
			member_update(step, p);
	for (uint8_t r = 0; r < m->setup->role_count; r++)
		if (m->roles[r].fence_target == NO_MEMBER)
			m->roles[r].fence_since = INSTANT_NEVER;
}

/* --- what came of it */

static void failed(struct step *step, uint8_t member)
{
	struct member *m = step->m;
	struct fencing *fencing = &m->peers[member].fencing;
	if (fencing->failures < UINT8_MAX)
		fencing->failures++;
	fencing->not_before = instant_plus(step->now, again_after(fencing->failures));
	for (uint8_t r = 0; r < m->setup->role_count; r++) {
		if (m->roles[r].fence_target != member)
			continue;
		m->roles[r].fence_failed_on = member;
		m->roles[r].fence_retry_at = fencing->not_before;
	}
	step_changed(step);
}

void fence_ended(struct step *step, const struct event *event)
{
	struct member *m = step->m;
	uint8_t member = event->as.fenced.member;
	assert(member < m->setup->member_count);
	struct fencing *fencing = &m->peers[member].fencing;
	if (!fencing->asked || fencing->incarnation != event->as.fenced.incarnation)
		return;
	fencing->asked = false;
	if (!event->as.fenced.is_off) {
		failed(step, member);
		step_note(step, (struct note){.kind = NOTE_FENCE_FAILED,
		                              .peer = member,
		                              .count = fencing->failures,
		                              .span = again_after(fencing->failures)});
		return;
	}
	fencing->off_at = step->now;
	fencing->not_before = instant_plus(step->now, again_after(0));
	fencing->said_until = instant_plus(step->now, span_times(m->timing.lease, SAID_LEASES));
	step_changed(step);
	step_note(step, (struct note){.kind = NOTE_FENCED,
	                              .peer = member,
	                              .epoch = fencing->incarnation,
	                              .span = instant_since(step->now, fencing->asked_at)});
	fence_learn(step, &(struct fence_news){.member = member,
	                                       .teller = m->setup->self,
	                                       .incarnation = fencing->incarnation,
	                                       .off_after = fencing->asked_at});
	for (uint8_t r = 0; r < m->setup->role_count; r++)
		peers_votes_come_free(step, r, m->setup->members[member].id, ANY_LIFE);
}
