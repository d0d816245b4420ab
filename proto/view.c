/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people want to know of a member. Reads, never changes.
 */
#include <string.h>

#include "proto/peers.h"
#include "proto/rank.h"
#include "proto/silent_paths.h"
#include "proto/step.h"

static struct span until(struct instant now, struct instant t)
{
	return instant_before(now, t) ? instant_since(t, now) : (struct span){0};
}

static void view_path(const struct member *m, uint8_t peer, uint8_t index, struct instant now,
                      struct path_view *view)
{
	const struct path *path = &m->peers[peer].paths[index];
	struct instant lost_at = instant_plus(path->heard_at, m->timing.lease);
	*view = (struct path_view){
	    .heard = path->heard && instant_before(now, lost_at),
	    .age = path->heard ? instant_since(now, path->heard_at) : (struct span){0},
	    .has_rtt = path->has_rtt,
	    .rtt = path->rtt,
	    .loss_in = path_loss(path, m->peers[peer].heard),
	    .loss_out = path->loss_out,
	};
}

void member_view_peer(const struct member *m, uint8_t member, struct instant now,
                      struct peer_view *view)
{
	const struct peer *peer = &m->peers[member];
	memset(view, 0, sizeof *view);
	if (member == m->setup->self) {
		*view = (struct peer_view){
		    .heard = true,
		    .fresh = true,
		    .ever = true,
		    .incarnation = m->incarnation,
		    .paused = m->paused,
		    .relearning = m->relearning,
		    .abstaining = m->abstaining,
		    .leaving = m->leaving,
		    .stray = m->stray,
		};
		return;
	}
	view->ever = peer->heard.incarnation != 0 && peer->heard_at.ns != INSTANT_PAST.ns;
	view->age = view->ever ? instant_since(now, peer->heard_at) : (struct span){0};
	view->heard = view->ever && view->age.ns < peer->timing.lease.ns;
	view->fresh = peer_is_fresh(m, member, now);
	view->incarnation = peer->heard.incarnation;
	view->paused = peer->paused;
	view->relearning = peer->relearning;
	view->abstaining = peer->abstaining;
	view->leaving = peer->leaving;
	view->stray = peer->stray;
	view->voters_differ = peer->voters_differ;
	view->config_differs = peer->config_differs;
	view->path_count = silent_paths_between(m, member);
	for (uint8_t i = 0; i < view->path_count; i++)
		view_path(m, member, i, now, &view->paths[i]);
}

/* Who is known to hold the role: by its own fresh word. */
static void view_owner(const struct member *m, uint8_t r, struct instant now,
                       struct role_view *view)
{
	const struct role *role = &m->roles[r];
	view->owner = NO_MEMBER;
	view->epoch = role->voter.top;
	if (role->claim.state == CLAIM_HOLDING && instant_before(now, role->claim.lease_end)) {
		view->owner = m->setup->self;
		view->owner_phase = role->phase;
		view->epoch = role->claim.epoch;
	}
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer_role_report *heard = &m->peers[p].roles[r];
		if (p == m->setup->self || !heard->known || !heard->report.is_candidate ||
		    heard->report.claim != CLAIM_HOLDING || m->peers[p].leaving ||
		    !instant_before(now, heard->fresh_until))
			continue;
		if (view->owner != NO_MEMBER && heard->report.claim_epoch < view->epoch)
			continue;
		view->owner = p;
		view->owner_phase = heard->report.phase;
		view->epoch = heard->report.claim_epoch;
	}
}

static void view_candidate(const struct member *m, uint8_t r, uint8_t member, struct instant now,
                           struct candidate_view *view)
{
	struct standing standing = rank_standing(m, r, member, now);
	const struct peer_role_report *heard = &m->peers[member].roles[r];
	const struct role *role = &m->roles[r];
	bool self = member == m->setup->self;
	struct instant failed_at = self ? role->failed_at : heard->failed_at;
	*view = (struct candidate_view){
	    .member = member,
	    .reachable = standing.reachable,
	    .known = standing.known,
	    .unfit = standing.unfit,
	    .mismatch = standing.mismatch,
	    .failures = standing.failures,
	    .failed_known = standing.failures > 0 && failed_at.ns != INSTANT_PAST.ns,
	    .failed_ago = instant_since(now, failed_at),
	    .claim = self ? role->claim.state : heard->report.claim,
	    .phase = self ? role->phase : heard->report.phase,
	    /* The last word of one that is silent by now stands, unless it was switched off since.
	     */
	    .may_run = self ? role->claim.may_run
	                    : heard->known && heard->report.may_run &&
	                          !instant_before(heard->at, m->peers[member].fencing.off_at),
	};
}

uint8_t member_role_count(const struct member *m)
{
	return m->role_count;
}

void member_view_role(const struct member *m, uint8_t r, struct instant now, struct role_view *view)
{
	const struct role *role = &m->roles[r];
	memset(view, 0, sizeof *view);
	view->id = role->id;
	view->setup_role = r < m->setup->role_count ? r : m->setup->role_count;
	view->wanted = role->record.wanted;
	view_owner(m, r, now, view);
	view->claim = role->claim.state;
	if (role->claim.state == CLAIM_HOLDING || role->claim.state == CLAIM_RELEASING)
		view->lease_left = until(now, role->claim.lease_end);
	view->holder = NO_MEMBER;
	if (!voter_is_free(&role->voter, now)) {
		view->holder = member_index(m, role->voter.holder);
		view->promised = until(now, role->voter.until);
	}
	view->obstacle = role->claim.state == CLAIM_NONE ? role->obstacle : OBSTACLE_NONE;
	struct instant retry_at = instant_later(role->retry_at, role->lease_retry_at);
	view->retrying = instant_before(now, retry_at);
	view->retry_in = until(now, retry_at);
	if (r >= m->setup->role_count)
		return;
	const struct setup_role *setup = &m->setup->roles[r];
	for (uint8_t i = 0; i < setup->node_count; i++)
		view_candidate(m, r, setup->nodes[i], now,
		               &view->candidates[view->candidate_count++]);
}

void member_view(const struct member *m, struct instant now, struct member_view *view)
{
	uint8_t heard = 0;
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		heard = (uint8_t)(heard + peer_counts(m, p, now));
	*view = (struct member_view){
	    .incarnation = m->incarnation,
	    .quorum = heard >= quorum_of(m->voters.count),
	    .voters_heard = heard,
	    .voters_total = m->voters.count,
	    .votes_needed = quorum_of(m->voters.count),
	    .relearning = m->relearning,
	    .abstaining = m->abstaining,
	    .abstains_for = m->abstaining ? until(now, m->abstain_until) : (struct span){0},
	    .paused = m->paused,
	    .file_voters_differ = m->file_voters_differ,
	};
}
