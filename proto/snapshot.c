/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of a member, handed out and taken back: the durable part for the disk, the kept part for a
 * restart of the process on the same boot. Where either is stored is the shell's.
 */
#include "proto/snapshot.h"

#include <stddef.h>

#include "proto/epochs.h"
#include "proto/peers.h"
#include "proto/retire.h"
#include "proto/roles.h"
#include "proto/sharing.h"
#include "proto/step.h"

/* The role's slot for stored or kept state of a role that setup may no longer have. */
static struct role *slot_of(struct member *m, uint64_t id)
{
	uint8_t found = roles_find(m, id);
	if (found < m->role_count)
		return &m->roles[found];
	if (m->role_count == ROLES_MAX)
		return NULL;
	struct role *role = &m->roles[m->role_count++];
	role->id = id;
	return role;
}

void snapshot_take_durable(struct member *m, const struct durable *durable)
{
	m->incarnation = durable->incarnation;
	m->reserved_epoch = durable->reserved_epoch;
	m->longest_promise = m->longest_on_disk = durable->longest_promise;
	m->reserved_on_disk = durable->reserved_epoch;
	m->paused = durable->paused;
	m->pause_counter = durable->pause_counter;
	m->relearning = durable->relearning;
	m->state_lost = durable->relearning;
	m->voters = durable->voters;
	for (uint8_t i = 0; i < durable->role_count; i++) {
		struct role *role = slot_of(m, durable->roles[i].role);
		if (role == NULL)
			continue;
		role->record = role->stored = durable->roles[i].record;
		role->failures = durable->roles[i].failures;
	}
	/* Every epoch up to the reserved end may have been granted or used before the reboot. */
	epochs_begin(m, durable->reserved_epoch);
}

/* The file has other roles, and none of them may take what is promised in this one, for it may be
 * made of the same. Without a place to remember the promise, this member promises nothing to
 * anybody until it is over; one without an end in time binds as it does after a reboot. */
static void abstain_instead(struct member *m, const struct kept_role *kept, struct instant now)
{
	struct instant until = kept->endless ? instant_plus(now, m->longest_promise) : kept->until;
	if (kept->holder != 0)
		m->abstain_until = instant_later(m->abstain_until, until);
}

static void take_kept_role(struct member *m, const struct kept_role *kept, struct instant now)
{
	struct role *role = slot_of(m, kept->role);
	if (role == NULL) {
		abstain_instead(m, kept, now);
		return;
	}
	role->voter.holder = kept->holder;
	role->voter.granted = kept->granted;
	role->voter.by = kept->by;
	role->voter.until = kept->until;
	role->voter.renewed_at = kept->renewed_at;
	/* Whoever is no member any more cannot be switched off by one; the operator who took it out
	 * of the file answers for it. */
	role->voter.endless = kept->endless && member_index(m, kept->holder) != NO_MEMBER;
	role->promised = kept->promised;
	voter_raise_top(&role->voter, kept->top);
	bool is_up = kept->claim == CLAIM_HOLDING || kept->claim == CLAIM_RELEASING;
	if (!is_up || !election_is_candidate(m, (uint8_t)(role - m->roles))) {
		/* It sought when the process died, or the setup does not have the role as this
		 * member's, not even to give it up: that claim is gone, and nothing is up. */
		if (kept->holder == m->self_id)
			role->voter.holder = 0;
		return;
	}
	/* It goes on as if it had only been slow. To say `none` would free promises under resources
	 * that are still up; a lease that is over must end in a release. */
	struct claim *claim = &role->claim;
	bool holds = kept->claim == CLAIM_HOLDING && !kept->releasing &&
	             instant_before(now, kept->lease_end);
	claim->state = holds ? CLAIM_HOLDING : CLAIM_RELEASING;
	claim->epoch = kept->claim_epoch;
	claim->lease_end = kept->lease_end;
	/* About; what has to be confirmed after a gap is confirmed anew. */
	claim->confirmed_at = instant_earlier(now, instant_minus(kept->lease_end, m->timing.lease));
	claim->release_limit = kept->release_limit;
	claim->reason = RELEASE_RESTARTED;
	claim->first_seq = 1;
	claim->resumed = !holds;
	/* What was not proven before is no better proven now. */
	claim->may_run = !holds && kept->may_run;
	claim->since = now;
	role->phase = holds ? kept->phase : PHASE_STOPPING;
	role->up_since = role->phase == PHASE_UP ? now : INSTANT_NEVER;
	role->noted_owner_epoch = claim->epoch;
	const struct setup_role *file = &m->setup->roles[role - m->roles];
	sharing_resume(claim, &kept->covers, file->retired ? &kept->covers : &file->identities,
	               now);
}

/* Which pages before the newest were heard is not kept: all count as heard. */
static void take_heard(struct member *m, uint8_t peer, struct stamp heard)
{
	m->heard[peer] = replay_window_up_to(heard);
	m->peers[peer].heard = m->peers[peer].requests_from = heard;
}

/* What was used on this boot stands with each role; what was before only if the process before this
 * one knew. A role that it did not know of is as after a reboot. */
static void take_kept_epochs(struct member *m, const struct kept *kept)
{
	uint64_t reserved = m->epoch_jump;
	m->epoch_jump = kept->epoch_jump;
	m->epoch_floor = reserved;
	for (uint8_t r = 0; r < m->role_count; r++) {
		bool is_kept = false;
		for (uint8_t i = 0; i < kept->role_count; i++)
			is_kept |= kept->roles[i].role == m->roles[r].id;
		if (!is_kept)
			voter_raise_top(&m->roles[r].voter, reserved);
	}
}

void snapshot_take_kept(struct member *m, const struct kept *kept, struct instant now)
{
	if (kept->incarnation > m->incarnation)
		m->incarnation = kept->incarnation;
	if (kept->relearning)
		m->relearning = m->state_lost = true;
	m->abstain_until = kept->abstain_until;
	take_kept_epochs(m, kept);
	for (uint8_t i = 0; i < kept->peer_count; i++) {
		uint8_t peer = member_index(m, kept->peers[i].member);
		if (peer != NO_MEMBER)
			take_heard(m, peer, kept->peers[i].heard);
	}
	for (uint8_t i = 0; i < kept->role_count; i++)
		take_kept_role(m, &kept->roles[i], now);
}

uint64_t member_durable(const struct member *m, struct durable *out)
{
	*out = (struct durable){
	    .incarnation = m->incarnation,
	    .reserved_epoch = m->reserved_epoch,
	    .longest_promise = m->longest_promise,
	    .paused = m->paused,
	    .pause_counter = m->pause_counter,
	    .relearning = m->relearning && m->relearned_generation == 0,
	    .voters = m->voters,
	};
	for (uint8_t r = 0; r < m->role_count; r++) {
		const struct role *role = &m->roles[r];
		if (role->record.epoch == 0 && role->failures == 0)
			continue;
		out->roles[out->role_count++] = (struct durable_role){
		    .role = role->id, .record = role->record, .failures = role->failures};
	}
	return m->generation;
}

void member_keep(const struct member *m, struct kept *out)
{
	out->incarnation = m->incarnation;
	out->relearning = m->relearning;
	out->abstain_until = m->abstain_until;
	out->epoch_jump = m->epoch_jump;
	out->peer_count = 0;
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		if (m->heard[p].newest.incarnation != 0)
			out->peers[out->peer_count++] = (struct kept_peer){
			    .member = m->setup->members[p].id, .heard = m->heard[p].newest};
	out->role_count = m->role_count;
	for (uint8_t r = 0; r < m->role_count; r++) {
		const struct role *role = &m->roles[r];
		out->roles[r] = (struct kept_role){
		    .role = role->id,
		    .holder = role->voter.holder,
		    .granted = role->voter.granted,
		    .by = role->voter.by,
		    .until = role->voter.until,
		    .renewed_at = role->voter.renewed_at,
		    .endless = role->voter.endless,
		    .promised = role->promised,
		    .top = role->voter.seen,
		    .claim = role->claim.state,
		    .claim_epoch = role->claim.epoch,
		    .covers = role->claim.covers,
		    .lease_end = role->claim.lease_end,
		    .release_limit = role->claim.release_limit,
		    .releasing = role->claim.state == CLAIM_RELEASING,
		    .may_run = role->claim.may_run,
		    .phase = role->phase,
		};
	}
}
