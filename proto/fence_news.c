/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who was switched off: told to the others, and believed of them. Whom to switch off stands in
 * fence.c.
 *
 * What is said of a member that was off: at some moment after it was asked for, that member had no
 * power. So whatever it said before that moment is void, in every role, whether that role asks for
 * it or not: voters free what they promised it before (voter_hear_off). They compare with their own
 * clocks: the page that says it was made after one of their own that it echoes, so the request was
 * later than the sending of that page less the age which the page names, stretched by the drift.
 * What was promised later than that may be to a life after the power came back, and stands.
 */
#include "proto/fence_news.h"

#include "proto/ballot.h"
#include "proto/fence.h"
#include "proto/peers.h"
#include "proto/rank.h"
#include "proto/step.h"

/* Words against each other are noted once in so long. */
enum { DOUBT_S = 60, HEIR_HEARTBEATS = 3 };

/* --- believing */

/* Only who could take the role himself has a say in it. */
static bool may_tell(const struct member *m, uint8_t r, uint8_t teller)
{
	if (r < m->setup->role_count)
		return rank_lists(m, r, teller);
	const struct peer_role_report *heard = &m->peers[teller].roles[r];
	return heard->known && heard->report.is_candidate;
}

/* All wake up at this moment; whoever saw to it goes first, as after a move. */
static void was_freed(struct step *step, uint8_t r, const struct fence_news *news)
{
	const struct setup_member *members = step->m->setup->members;
	struct role *role = &step->m->roles[r];
	peers_votes_come_free(step, r, members[news->member].id, ANY_LIFE);
	role->successor = members[news->teller].id;
	role->successor_until =
	    instant_plus(step->now, span_times(step->m->timing.heartbeat, HEIR_HEARTBEATS));
}

void fence_learn(struct step *step, const struct fence_news *news)
{
	struct member *m = step->m;
	for (uint8_t r = 0; r < m->role_count; r++) {
		if (!may_tell(m, r, news->teller))
			continue;
		struct peer_role_report *heard = &m->peers[news->member].roles[r];
		if (ballot_off(step, r, news))
			was_freed(step, r, news);
		if (heard->known && heard->stamp.incarnation <= news->incarnation &&
		    instant_before(heard->at, news->off_after)) {
			heard->report.claim = CLAIM_NONE;
			heard->report.phase = PHASE_DOWN;
		}
	}
	fence_forgive(step, news->member);
}

/* --- telling */

static bool is_said(const struct fencing *fencing, struct instant now)
{
	return instant_before(now, fencing->said_until);
}

bool fence_has_news(const struct member *m, struct instant now)
{
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		if (is_said(&m->peers[p].fencing, now))
			return true;
	return false;
}

void fence_say(const struct member *m, struct instant now, struct heartbeat *page)
{
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct fencing *fencing = &m->peers[p].fencing;
		if (!is_said(fencing, now))
			continue;
		int64_t ago_ms = instant_since(now, fencing->asked_at).ns / 1000000 + 1;
		page->fenced[page->fenced_count++] = (struct fenced){
		    .member = m->setup->members[p].id,
		    .incarnation = fencing->incarnation,
		    .ago_ms = ago_ms < UINT32_MAX ? (uint32_t)ago_ms : UINT32_MAX,
		};
	}
}

bool fence_covers(const struct member *m, const struct role_report *report, struct instant since,
                  struct instant now)
{
	uint8_t holder = member_index(m, report->holder);
	if (holder == NO_MEMBER || holder == m->setup->self)
		return false;
	const struct fencing *fencing = &m->peers[holder].fencing;
	return is_said(fencing, now) && report->by.incarnation <= fencing->incarnation &&
	       instant_before(since, fencing->asked_at);
}

/* Words that cannot both be true: somebody has to look at the agent. */
static void doubt(struct step *step, enum note_kind kind, uint8_t peer)
{
	struct fencing *fencing = &step->m->peers[peer].fencing;
	struct instant again = instant_plus(fencing->doubted_at, span_ms(DOUBT_S * 1000));
	if (instant_before(step->now, again))
		return;
	fencing->doubted_at = step->now;
	step_note(step, (struct note){.kind = kind, .peer = peer});
}

/* The sender lives: in a new life, or it was never off. `echoed_at`: it has heard what this member
 * sent then. */
static void hear_life(struct step *step, uint8_t sender, const struct heartbeat *page,
                      struct instant echoed_at)
{
	struct member *m = step->m;
	struct fencing *fencing = &m->peers[sender].fencing;
	struct instant until = instant_plus(step->now, timing_promise(page->timing));
	for (uint8_t r = 0; r < m->role_count; r++)
		voter_hear_incarnation(&m->roles[r].voter, page->sender, page->stamp.incarnation,
		                       until);
	if (fencing->off_at.ns == INSTANT_PAST.ns || !instant_before(fencing->off_at, echoed_at))
		return;
	fencing->off_at = fencing->said_until = INSTANT_PAST;
	if (page->stamp.incarnation > fencing->incarnation)
		return;
	doubt(step, NOTE_NOT_OFF, sender);
}

void fence_hear(struct step *step, uint8_t sender, const struct heartbeat *page,
                struct instant echoed_at)
{
	struct member *m = step->m;
	hear_life(step, sender, page, echoed_at);
	if (!peer_same_voters(m, sender))
		return;
	for (uint8_t i = 0; i < page->fenced_count; i++) {
		const struct fenced *fenced = &page->fenced[i];
		struct span ago = span_ms((int64_t)fenced->ago_ms * (1000 + DRIFT_PER_MILLE) /
		                              (1000 - DRIFT_PER_MILLE) +
		                          1);
		struct fence_news news = {
		    .member = member_index(m, fenced->member),
		    .teller = sender,
		    .incarnation = fenced->incarnation,
		    .off_after = instant_minus(echoed_at, ago),
		};
		if (news.member == NO_MEMBER)
			continue;
		if (news.member != m->setup->self)
			fence_learn(step, &news);
		else if (fenced->incarnation >= m->incarnation &&
		         instant_before(m->started_at, news.off_after))
			doubt(step, NOTE_CALLED_OFF, sender);
	}
}
