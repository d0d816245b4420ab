/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which epochs this member may have granted or used before its host restarted, and when it knows.
 *
 * An epoch is given to one owner only, ever: a voter refuses what it granted before, and `top` says
 * what that was. A restart of the host forgets `top`; the disk only knows an upper bound, the end
 * of the reserved block. To jump there is safe, and costs: who hears of it has to follow, and a
 * voter whose disk is full cannot, so that a majority that is up may find no owner.
 *
 * So the jump waits for others to vouch. Take an epoch e that this member granted or used before.
 * It matters only if a majority Q of the voters granted it: otherwise nobody ever owned a role at
 * it. A whole heartbeat, made since this start, of somebody who granted or asked for e before that
 * heartbeat was made, holds e. There is such a one
 *
 *   - in any n - q + 1 other voters, of n with quorum q: they include another of Q. It granted e
 *     before its heartbeat was made if that was when the abstention of this member was over: what
 *     this member promised before its restart has ended by then, and completes no majority any
 *     more. (The heartbeat echoes something that was sent later than that.)
 *   - in all other voters, also before that time, where every node is a voter: the claimant is one
 *     of them, and had e before it asked this member for it; or it is this member itself, and who
 *     granted it e did so before it heard of the new incarnation, which its heartbeat echoes.
 *
 * Who vouches must know its own epochs: it does not relearn, and is not waiting here itself.
 *
 * This member jumps at once when it needs an epoch, when somebody asks for a vote at one that it
 * may have used, when too few are there to vouch, and when they take too long. So nobody waits for
 * this; and others reserve ahead what it would jump to, so that nobody waits for a disk either.
 * Knows no claims and moves no vote.
 */
#include "proto/epochs.h"

#include <assert.h>
#include <stddef.h>

#include "proto/peers.h"
#include "proto/roles.h"
#include "proto/step.h"

/* After a start, and after the abstention, in heartbeats: others are not heard at once. */
enum { PATIENCE = 4 };

/* Nobody restarts so often beyond what others have reserved that this were more than a mistake. */
enum { AHEAD_MAX = 64 * EPOCH_BLOCK };

void epochs_begin(struct member *m, uint64_t reserved)
{
	m->epoch_jump = reserved;
}

void epochs_jump(struct step *step)
{
	struct member *m = step->m;
	if (m->epoch_jump == 0)
		return;
	for (uint8_t r = 0; r < m->role_count; r++)
		voter_raise_top(&m->roles[r].voter, m->epoch_jump);
	if (m->epoch_jump > m->epoch_floor)
		m->epoch_floor = m->epoch_jump;
	m->epoch_jump = 0;
	step_changed(step);
}

/* Each start reserves a block beyond what may have been used. It gives back what it did not need,
 * or the next restart would have to jump as far as this host ever restarted. Everything that was
 * ever granted is below `top` now, and that is below the end of the block that stays. */
static void shrink(struct step *step)
{
	struct member *m = step->m;
	uint64_t used = m->epoch_floor;
	for (uint8_t r = 0; r < m->role_count; r++)
		if (m->roles[r].voter.seen > used)
			used = m->roles[r].voter.seen;
	if (used + EPOCH_BLOCK >= m->reserved_epoch)
		return;
	m->reserved_epoch = used + EPOCH_BLOCK;
	if (m->reserved_on_disk > m->reserved_epoch)
		m->reserved_on_disk = m->reserved_epoch;
	m->reserved_generation = step_persist(step);
}

/* What others know of each role holds whatever this member has used, and no more of that than the
 * disk allowed. An epoch that is beyond is none of its own. */
static void know(struct step *step)
{
	struct member *m = step->m;
	for (uint8_t r = 0; r < m->role_count; r++) {
		struct voter *voter = &m->roles[r].voter;
		voter_raise_top(voter, voter->seen < m->epoch_jump ? voter->seen : m->epoch_jump);
	}
	m->epoch_jump = 0;
	shrink(step);
	step_changed(step);
}

void epochs_hear(struct step *step, uint8_t sender, const struct heartbeat *page,
                 struct instant echoed)
{
	struct member *m = step->m;
	struct peer *peer = &m->peers[sender];
	if (page->unsure_epoch != 0)
		return;
	whole_add(&peer->fresh, page->stamp, page->has_requests);
	peer->is_learned |= whole_is_heard(&peer->fresh);
	if (page->relearning)
		return;
	whole_add(&peer->sure, page->stamp, page->has_requests);
	peer->vouches |= whole_is_heard(&peer->sure);
	if (instant_before(echoed, m->abstain_until))
		return;
	whole_add(&peer->late, page->stamp, page->has_requests);
	peer->vouches_late |= whole_is_heard(&peer->late);
}

void epochs_hear_role(struct step *step, const struct role_report *report, bool is_fresh)
{
	struct member *m = step->m;
	if (m->epoch_jump == 0)
		return;
	/* A role that is not in the table: one number for all of those. */
	if (roles_find(m, report->role) >= m->role_count && report->top > m->epoch_floor)
		m->epoch_floor = report->top < m->epoch_jump ? report->top : m->epoch_jump;
	if (is_fresh && report->is_candidate && report->claim == CLAIM_SEEKING &&
	    report->claim_epoch <= m->epoch_jump)
		epochs_jump(step);
}

void epochs_doubt_late(struct member *m)
{
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		m->peers[p].late = (struct whole){0};
		m->peers[p].vouches_late = false;
	}
}

void epochs_doubt(struct member *m)
{
	epochs_doubt_late(m);
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		m->peers[p].fresh = m->peers[p].sure = (struct whole){0};
		m->peers[p].is_learned = m->peers[p].vouches = false;
	}
}

static bool every_node_votes(const struct member *m)
{
	for (uint8_t i = 0; i < m->setup->member_count; i++)
		if (m->setup->members[i].is_node &&
		    !voters_contain(&m->voters, m->setup->members[i].id))
			return false;
	return true;
}

bool epochs_suffice(const struct member *m, uint8_t all, uint8_t late)
{
	uint8_t others = (uint8_t)(m->voters.count - voters_contain(&m->voters, m->self_id));
	uint8_t needed = (uint8_t)(m->voters.count - quorum_of(m->voters.count) + 1);
	return late >= needed || (all >= others && others > 0 && every_node_votes(m));
}

static bool others_vouch(const struct member *m)
{
	uint8_t all = 0, late = 0;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		if (p == m->setup->self || !peer_same_voters(m, p) ||
		    !voters_contain(&m->voters, m->setup->members[p].id))
			continue;
		all = (uint8_t)(all + m->peers[p].vouches);
		late = (uint8_t)(late + m->peers[p].vouches_late);
	}
	return epochs_suffice(m, all, late);
}

/* Whether those that are there could vouch, in time. */
static bool others_could(const struct member *m, struct instant now)
{
	uint8_t could = 0;
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		if (p != m->setup->self && peer_counts(m, p, now) && !m->peers[p].relearning &&
		    m->peers[p].unsure_epoch == 0)
			could++;
	return epochs_suffice(m, could, could);
}

uint64_t epochs_to_reserve(const struct member *m)
{
	uint64_t highest = m->epoch_jump;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		uint64_t unsure = m->peers[p].unsure_epoch;
		if (unsure > highest && unsure <= m->reserved_epoch + AHEAD_MAX)
			highest = unsure;
	}
	return highest;
}

void epochs_update(struct step *step)
{
	struct member *m = step->m;
	const struct span patience = span_times(m->timing.heartbeat, PATIENCE);
	if (m->epoch_jump == 0)
		return;
	if (others_vouch(m))
		know(step);
	else if ((step_reached(step, instant_plus(m->started_at, patience)) &&
	          !others_could(m, step->now)) ||
	         step_reached(step, instant_plus(m->abstain_until, patience)))
		epochs_jump(step);
}
