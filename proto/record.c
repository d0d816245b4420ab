/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be on disk: the operators' records, the reserved epochs and the longest promise. What
 * this member says of itself is what its disk holds; what it only intends stays with it.
 */
#include "proto/record.h"

#include <assert.h>

#include "proto/epochs.h"
#include "proto/peers.h"
#include "proto/step.h"

static void adopt(struct step *step, uint8_t r, struct record record)
{
	struct role *role = &step->m->roles[r];
	bool restarted = role->record.wanted == WANTED_STOPPED && record.wanted == WANTED_STARTED;
	role->record = record;
	role->record_generation = step_persist(step);
	if (restarted) {
		/* An operator says: try again. */
		role->failures = 0;
		role->retry_at = step->now;
	}
}

void record_hear(struct step *step, uint8_t r, const struct record *record)
{
	if (record_newer(record, &step->m->roles[r].record))
		adopt(step, r, *record);
}

void record_write(struct step *step, uint8_t r, enum wanted wanted)
{
	const struct role *role = &step->m->roles[r];
	assert(role->claim.state == CLAIM_HOLDING);
	assert(role->record.epoch <= role->claim.epoch);
	adopt(step, r, (struct record){role->claim.epoch, role->record.counter + 1, wanted});
}

/* A write of an earlier owner that never reached a majority may be on some disk. Stamped anew, what
 * this owner's majority knows outranks it for ever. */
void record_restamp(struct step *step, uint8_t r)
{
	struct record record = step->m->roles[r].record;
	if (record.epoch > step->m->roles[r].claim.epoch)
		return; /* of a later owner: this one is about to hear of it */
	record.epoch = step->m->roles[r].claim.epoch;
	adopt(step, r, record);
}

bool record_is_decided(const struct member *m, uint8_t r, struct instant now)
{
	const struct role *role = &m->roles[r];
	if (record_newer(&role->record, &role->stored))
		return false;
	uint8_t votes = voters_contain(&m->voters, m->self_id);
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer_role_report *heard = &m->peers[p].roles[r];
		if (p != m->setup->self && peer_counts(m, p, now) && heard->known &&
		    !record_newer(&role->record, &heard->report.record))
			votes++;
	}
	return votes >= quorum_of(m->voters.count);
}

void record_persisted(struct step *step)
{
	struct member *m = step->m;
	for (uint8_t r = 0; r < m->role_count; r++) {
		struct role *role = &m->roles[r];
		if (m->persisted < role->record_generation ||
		    !record_newer(&role->record, &role->stored))
			continue;
		role->stored = role->record;
		step_changed(step);
	}
}

/*
 * A lease that was long once, by mistake or for a while, does not bind every reboot for ever. Each
 * promise given before `needed_since` was at most as long as the longest is now, so after that time
 * all of them are over; those given since were at most as long as `longest_needed`. All by the
 * clock of this member, as the promises themselves. A restart of the process only begins the wait
 * anew, and from the moment of the decision on nothing longer is granted, whatever the disk still
 * says.
 *
 * A member that lost its disk asks others how long it may have promised something (peers.c).
 * Whoever still owns something has had a promise of each of its majority within its lease, so none
 * of them has forgotten how long that was.
 */
static void forget_lapsed_promises(struct step *step)
{
	struct member *m = step->m;
	struct span needed = m->longest_needed;
	if (!instant_reached(step->now, instant_plus(m->needed_since, m->longest_promise)))
		return;
	m->longest_needed = timing_promise(m->timing);
	m->needed_since = step->now;
	if (needed.ns >= m->longest_promise.ns)
		return;
	m->longest_promise = needed;
	if (m->longest_on_disk.ns > needed.ns)
		m->longest_on_disk = needed;
	m->longest_generation = step_persist(step);
	step_note(step,
	          (struct note){.kind = NOTE_PROMISE_LAPSED, .peer = NO_MEMBER, .span = needed});
}

/* Reserved ahead of need, so that no disk stands between a failure and a takeover. */
void record_reserve(struct step *step)
{
	struct member *m = step->m;
	uint64_t used = epochs_to_reserve(m);
	if (m->epoch_floor > used)
		used = m->epoch_floor;
	for (uint8_t r = 0; r < m->role_count; r++) {
		if (m->roles[r].voter.seen > used)
			used = m->roles[r].voter.seen;
	}
	/* What a claim of its own would bind its own vote for, also after a raised setting. */
	record_need_promise(step, timing_promise(m->timing));
	forget_lapsed_promises(step);
	if (used + EPOCH_BLOCK / 2 <= m->reserved_epoch)
		return;
	m->reserved_epoch = used + EPOCH_BLOCK;
	m->reserved_generation = step_persist(step);
	step_note(step, (struct note){.kind = NOTE_EPOCHS_RESERVED,
	                              .peer = NO_MEMBER,
	                              .epoch = m->reserved_epoch});
}

void record_need_promise(struct step *step, struct span promise)
{
	struct member *m = step->m;
	if (promise.ns > m->longest_needed.ns)
		m->longest_needed = promise;
	if (promise.ns <= m->longest_promise.ns)
		return;
	m->longest_promise = promise;
	m->longest_generation = step_persist(step);
}
