/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roles that have a resource in common, as two files describe them: one of them was changed, and
 * not every member has read it yet. An address moved to another role, or a role has a new name.
 *
 * Why what they have in common is never up on two members: every page that claims a role says what
 * the role is made of there (struct identities), and a vote for the claim is one for all of that. A
 * voter neither grants nor renews a claim that has an identity in common with another role which it
 * has promised to another member, until that promise ends; and it keeps the identities together
 * with the promise. So whoever has an identity up has, for it, the promises of a majority, by the
 * argument of voter.c, whatever the role is called that it is up for: two majorities share a voter.
 *
 * What a claim covers can change while it is held, for the daemon was restarted with another file
 * (claim.covers is kept with it):
 *   - It may start what the file adds once a majority has renewed a page that says so. Until then
 *     the lease rests on what was covered before; if a majority refuses, the pages say again what
 *     was covered, in time for the lease to go on, and it is tried again later.
 *   - What the file drops is covered until the resources say that they are as the file describes
 *     them, which is when what was dropped has been stopped.
 * One member may claim two such roles at once: its shell stops for the one before it starts for the
 * other.
 *
 * A page of a member that says nothing of identities, as an older version does, counts as if it
 * said what the own file has for the role. What stays open is that such a member grants without
 * asking: while one of a majority does, resources must not move between roles.
 */
#include "proto/sharing.h"

#include <assert.h>

#include "proto/lease.h"
#include "proto/retire.h"
#include "proto/step.h"

static const struct identities *file_says(const struct member *m, uint8_t r)
{
	static const struct identities nothing;
	return r < m->setup->role_count ? &m->setup->roles[r].identities : &nothing;
}

const struct identities *sharing_heard(const struct member *m, uint8_t r, uint8_t peer)
{
	const struct role_report *report = &m->peers[peer].roles[r].report;
	return report->identities.count > 0 ? &report->identities : file_says(m, r);
}

const struct identities *sharing_said(const struct member *m, uint8_t r)
{
	const struct claim *claim = &m->roles[r].claim;
	return claim->grow_seq != 0 ? &claim->grown : &claim->covers;
}

uint8_t sharing_promised(const struct member *m, uint8_t r, uint64_t claimant,
                         const struct identities *what, struct instant now)
{
	for (uint8_t o = 0; o < m->role_count; o++) {
		const struct voter *voter = &m->roles[o].voter;
		if (o != r && voter->holder != claimant && !voter_is_free(voter, now) &&
		    identities_meet(&m->roles[o].promised, what))
			return o;
	}
	return ROLES_MAX;
}

/* Somebody is heard to claim another role that has something of this one. */
static bool is_claimed(struct step *step, uint8_t r, const struct identities *what)
{
	const struct member *m = step->m;
	for (uint8_t o = 0; o < m->role_count; o++)
		for (uint8_t p = 0; p < m->setup->member_count && o != r; p++) {
			const struct peer_role_report *heard = &m->peers[p].roles[o];
			if (p != m->setup->self && heard->known && heard->report.is_candidate &&
			    heard->report.claim != CLAIM_NONE &&
			    identities_meet(sharing_heard(m, o, p), what) &&
			    !step_reached(step, heard->fresh_until))
				return true;
		}
	return false;
}

/* This member has it up itself, for a role that it is giving up. */
static bool is_retiring(const struct member *m, uint8_t r)
{
	for (uint8_t o = 0; o < m->setup->role_count; o++)
		if (o != r && m->setup->roles[o].retired && m->roles[o].claim.state != CLAIM_NONE &&
		    identities_meet(&m->roles[o].claim.covers, file_says(m, r)))
			return true;
	return false;
}

bool sharing_hinders(struct step *step, uint8_t r)
{
	const struct member *m = step->m;
	const struct identities *what = file_says(m, r);
	if (is_retiring(m, r) || is_claimed(step, r, what))
		return true;
	uint8_t o = sharing_promised(m, r, m->self_id, what, step->now);
	if (o == ROLES_MAX)
		return false;
	const struct voter *voter = &m->roles[o].voter;
	return voter->endless || !step_reached(step, voter->until);
}

bool sharing_has_heir(const struct member *m, uint8_t r, struct instant now)
{
	for (uint8_t o = 0; o < m->setup->role_count; o++)
		if (o != r && election_unfit(m, o, now) == UNFIT_NOT &&
		    m->roles[o].claim.state == CLAIM_NONE &&
		    identities_meet(file_says(m, o), &m->roles[r].claim.covers))
			return true;
	return false;
}

void sharing_take(struct claim *claim, const struct identities *file)
{
	claim->covers = *file;
	claim->grows = claim->crowded = claim->grow_noted = false;
	claim->grow_seq = 0;
}

void sharing_resume(struct claim *claim, const struct identities *kept,
                    const struct identities *file, struct instant now)
{
	claim->covers = claim->grown = *kept;
	claim->grow_seq = 0;
	claim->grow_at = now;
	claim->grows = !identities_cover(kept, file);
	claim->crowded = !identities_add(&claim->grown, file);
}

void sharing_settle(struct step *step, uint8_t r)
{
	struct claim *claim = &step->m->roles[r].claim;
	if (claim->grows || step->m->setup->roles[r].retired ||
	    identities_cover(file_says(step->m, r), &claim->covers))
		return;
	claim->covers = *file_says(step->m, r);
	step_changed(step);
}

static void begin_to_grow(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct claim *claim = &m->roles[r].claim;
	/* Whoever has it up is heard first, as a rule. */
	if (!m->quorum_seen || !step_reached(step, claim->grow_at))
		return;
	if (is_claimed(step, r, &claim->grown)) {
		if (!claim->grow_noted)
			step_note(step, (struct note){.kind = NOTE_SHARED,
			                              .role = m->roles[r].id,
			                              .epoch = claim->epoch,
			                              .peer = NO_MEMBER});
		claim->grow_noted = true;
		return;
	}
	claim->grow_seq = m->seq + 1;
	/* Two heartbeats of a lease that has at least four. */
	claim->grow_at = instant_plus(step->now, span_times(m->timing.heartbeat, 2));
	step_changed(step);
}

void sharing_update(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct claim *claim = &m->roles[r].claim;
	if (!claim->grows || claim->crowded || claim->state != CLAIM_HOLDING)
		return;
	if (claim->grow_seq == 0) {
		begin_to_grow(step, r);
	} else if (lease_rests_on(step, r, claim->grow_seq)) {
		claim->covers = claim->grown;
		claim->grow_seq = 0;
		claim->grows = false;
	} else if (step_reached(step, claim->grow_at)) {
		claim->grow_seq = 0;
		claim->grow_at = instant_plus(step->now, timing_promise(m->timing));
		step_changed(step);
	}
}
