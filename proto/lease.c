/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Until when a majority supports this member's claim to a role. The mirror of voter.c: what a voter
 * promised from its receipt of a page counts here from the earlier send of that page.
 */
#include "proto/lease.h"

#include "proto/ballot.h"
#include "proto/peers.h"
#include "proto/request.h"
#include "proto/step.h"

struct support {
	struct tally until;
	struct tally asked;
	struct span release;
};

/* The vote of a peer counts from the moment this node sent the page which the peer says it granted
 * `by`, for as long as that page declared. Having heard a page is not having promised for it, so
 * the echo does not count; and the setting of today is not what was promised. */
static void add_vote(const struct member *m, uint8_t r, uint8_t peer, uint64_t first_seq,
                     struct support *support)
{
	const struct peer_role_report *heard = &m->peers[peer].roles[r];
	const struct role_report *report = &heard->report;
	const struct claim *claim = &m->roles[r].claim;
	if (!heard->known || !peer_same_voters(m, peer) ||
	    !voters_contain(&m->voters, m->setup->members[peer].id))
		return;
	if (report->holder != m->self_id || report->granted != claim->epoch)
		return;
	if (report->by.incarnation != m->incarnation || report->by.seq < first_seq)
		return;
	const struct sent *sent = sent_find(&m->sent, report->by.seq);
	if (sent == NULL)
		return;
	tally_add(&support->until, instant_plus(sent->at, sent->lease));
	tally_add(&support->asked, sent->at);
	if (sent->release.ns < support->release.ns)
		support->release = sent->release;
}

static void add_own_vote(const struct step *step, uint8_t r, struct support *support)
{
	const struct member *m = step->m;
	const struct voter *voter = &m->roles[r].voter;
	if (!voters_contain(&m->voters, m->self_id) || voter->holder != m->self_id ||
	    voter->granted != m->roles[r].claim.epoch || voter_is_free(voter, step->now))
		return;
	/* Same clock, so no drift; but a promise that the disk did not yet allow to grow with a
	 * raised setting supports no more than it covers. */
	struct instant covered = instant_minus(voter->until, m->timing.release);
	struct instant until = instant_plus(step->now, m->timing.lease);
	tally_add(&support->until, instant_earlier(until, covered));
	tally_add(&support->asked, step->now);
}

void lease_update(struct step *step, uint8_t r)
{
	struct member *m = step->m;
	struct claim *claim = &m->roles[r].claim;
	ballot_self(step, r);
	/* A lease that ended never comes back: a voter may have promised another since. */
	if (claim->state != CLAIM_SEEKING && instant_reached(step->now, claim->lease_end))
		return;
	struct support support = {.release = m->timing.release};
	add_own_vote(step, r, &support);
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		if (p != m->setup->self)
			add_vote(m, r, p, claim->first_seq, &support);
	struct instant until = tally_majority(&support.until, m->voters.count);
	if (!instant_before(claim->lease_end, until))
		return;
	claim->lease_end = until;
	claim->confirmed_at = tally_majority(&support.asked, m->voters.count);
	claim->release_limit = support.release;
}

static void add_all(const struct step *step, uint8_t r, uint64_t first_seq, struct support *support)
{
	const struct member *m = step->m;
	if (m->roles[r].voter.by.incarnation == m->incarnation &&
	    m->roles[r].voter.by.seq >= first_seq)
		add_own_vote(step, r, support);
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		if (p != m->setup->self)
			add_vote(m, r, p, first_seq, support);
}

bool lease_rests_on(struct step *step, uint8_t r, uint64_t seq)
{
	struct claim *claim = &step->m->roles[r].claim;
	struct support support = {.release = step->m->timing.release};
	add_all(step, r, seq, &support);
	struct instant until = tally_majority(&support.until, step->m->voters.count);
	if (!instant_before(step->now, until))
		return false;
	claim->first_seq = seq;
	claim->lease_end = instant_earlier(claim->lease_end, until);
	return true;
}

uint32_t lease_votes(const struct step *step, uint8_t r)
{
	struct support support = {.release = step->m->timing.release};
	add_own_vote(step, r, &support);
	for (uint8_t p = 0; p < step->m->setup->member_count; p++)
		if (p != step->m->setup->self)
			add_vote(step->m, r, p, step->m->roles[r].claim.first_seq, &support);
	return support.until.count;
}
