/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the others say: receives pages, keeps the newest of each peer and role, and knows who is
 * reachable. Decides nothing about votes or claims; it hands those what it heard.
 */
#include "proto/peers.h"

#include <assert.h>
#include <stddef.h>

#include "proto/ballot.h"
#include "proto/clock_pause.h"
#include "proto/epochs.h"
#include "proto/fence_news.h"
#include "proto/fresh.h"
#include "proto/overdue.h"
#include "proto/rank.h"
#include "proto/record.h"
#include "proto/request.h"
#include "proto/roles.h"
#include "proto/step.h"

uint8_t member_index(const struct member *m, uint64_t id)
{
	return setup_member_of(m->setup, id);
}

/* Whoever loses the number of its life again within this time loses it to another machine. */
enum { OUTBID_MS = 60000 };

bool peer_is_fresh(const struct member *m, uint8_t peer, struct instant now)
{
	return peer == m->setup->self ||
	       (instant_before(now, m->peers[peer].fresh_until) && !m->peers[peer].leaving);
}

bool peer_same_voters(const struct member *m, uint8_t peer)
{
	return peer == m->setup->self || m->peers[peer].voters == m->voters_id;
}

bool peer_counts(const struct member *m, uint8_t peer, struct instant now)
{
	return peer_is_fresh(m, peer, now) && peer_same_voters(m, peer) &&
	       voters_contain(&m->voters, m->setup->members[peer].id);
}

/* What else is stored here is no newer than the number of this life: an old copy was put back, of
 * the disk or of the whole machine. It is as good as lost, and a floor for what is learned again.
 */
static void distrust_state(struct step *step)
{
	struct member *m = step->m;
	if (m->relearning)
		return;
	m->relearning = m->state_lost = true;
	m->relearned_generation = 0;
	m->relearned_at = INSTANT_NEVER;
	/* What was heard before was not taken for more than this member knew itself. */
	epochs_doubt(m);
	m->abstaining = true;
	m->abstain_until =
	    instant_later(m->abstain_until, instant_plus(step->now, m->longest_promise));
	if (m->persisted != 0) /* else it is said when this member joins */
		step_note(step, (struct note){.kind = NOTE_STATE_LOST, .peer = NO_MEMBER});
}

/* Peers remember a later life of this member than it does itself: its stored state was lost or
 * rolled back. Without a claim there is nothing that the old number still stands for. Two machines
 * that are the same member outbid each other for ever, so each is given a lease to be heard. */
static void take_incarnation(struct step *step, struct stamp heard)
{
	struct member *m = step->m;
	struct stamp own = {m->incarnation, m->seq};
	if (!stamp_newer(heard, own) || heard.incarnation == UINT32_MAX ||
	    instant_before(step->now, instant_plus(m->outbid_at, m->timing.lease)))
		return;
	for (uint8_t r = 0; r < m->role_count; r++)
		if (m->roles[r].claim.state != CLAIM_NONE)
			return;
	bool again = instant_before(step->now, instant_plus(m->outbid_at, span_ms(OUTBID_MS)));
	m->outbid_count = again ? m->outbid_count + 1 : 1;
	m->outbid_at = step->now;
	m->incarnation = heard.incarnation + 1;
	m->incarnation_generation = step_persist(step);
	step_changed(step);
	step_note(step, (struct note){.kind = NOTE_INCARNATION_TAKEN,
	                              .count = m->outbid_count,
	                              .peer = NO_MEMBER,
	                              .epoch = m->incarnation});
	distrust_state(step);
}

static bool is_same_grant(const struct peer_role_report *before, const struct role_report *report)
{
	return before->known && before->report.holder == report->holder &&
	       stamp_equal(before->report.by, report->by);
}

/* When the vote of the peer that sent `page` can be had: its promise ran from when it heard the
 * page `by`, which its echo of the holder dates. */
static struct instant vote_free_at(const struct step *step, const struct peer_role_report *before,
                                   const struct role_report *report, const struct heartbeat *page,
                                   struct instant since)
{
	const struct member *m = step->m;
	if (report->holder == 0 ||
	    (report->holder == m->self_id && report->by.incarnation == m->incarnation))
		return step->now;
	uint8_t holder = member_index(m, report->holder);
	struct timing timing = m->timing;
	if (holder != NO_MEMBER && m->peers[holder].heard.incarnation != 0)
		timing = m->peers[holder].timing;
	if (report->endless)
		return fence_covers(m, report, since, step->now) ? step->now : INSTANT_NEVER;
	struct instant at_most = instant_plus(step->now, timing_promise(timing));
	const struct echo *echo = fresh_echo(page, report->holder);
	if (echo != NULL && stamp_equal(echo->stamp, report->by))
		return instant_minus(at_most, span_us(echo->age_us));
	return is_same_grant(before, report) ? before->vote_free_at : at_most;
}

/* The holder gave up: its votes come free everywhere as fast as here. */
void peers_votes_come_free(struct step *step, uint8_t r, uint64_t holder, uint32_t incarnation)
{
	for (uint8_t p = 0; p < step->m->setup->member_count; p++) {
		struct peer_role_report *other = &step->m->peers[p].roles[r];
		if (other->known && other->report.holder == holder &&
		    (incarnation == ANY_LIFE || other->report.by.incarnation == incarnation) &&
		    instant_before(step->now, other->vote_free_at))
			other->vote_free_at = step->now;
	}
}

static void hear_none(struct step *step, uint8_t r, const struct role_report *report,
                      const struct heartbeat *page)
{
	struct role *role = &step->m->roles[r];
	peers_votes_come_free(step, r, page->sender, page->stamp.incarnation);
	ballot_none(step, r, page->sender, page->stamp.incarnation);
	if (report->successor == 0 || report->claim_epoch <= role->handed_epoch)
		return;
	role->handed_epoch = report->claim_epoch;
	role->successor = report->successor;
	role->successor_until = instant_plus(step->now, span_times(step->m->timing.heartbeat, 3));
}

static void hear_role(struct step *step, uint8_t sender, const struct heartbeat *page,
                      const struct role_report *report, struct instant fresh_until)
{
	struct member *m = step->m;
	epochs_hear_role(step, report, instant_before(step->now, fresh_until));
	bool matters = report->claim != CLAIM_NONE || report->record.epoch != 0;
	uint8_t r = matters ? roles_place(step, report->role) : roles_find(m, report->role);
	if (r >= m->role_count)
		return;
	struct peer_role_report *heard = &m->peers[sender].roles[r];
	if (heard->known && !stamp_newer(page->stamp, heard->stamp))
		return;
	struct instant since = is_same_grant(heard, report) ? heard->same_since : step->now;
	struct instant free_at = vote_free_at(step, heard, report, page, since);
	overdue_hear(step, sender, heard, report);
	*heard = (struct peer_role_report){
	    .known = true,
	    .report = *report,
	    .stamp = page->stamp,
	    .at = step->now,
	    .fresh_until = fresh_until,
	    .same_since = since,
	    .promise = timing_promise(page->timing),
	    .vote_free_at = free_at,
	    .failed_at = peer_role_failed_at(heard, report, step->now),
	};
	record_hear(step, r, &report->record);
	/* A voter without memory cannot tell which of the epochs it hears of it granted itself. */
	if (m->relearning)
		voter_raise_top(&m->roles[r].voter, report->top);
	else
		voter_raise_seen(&m->roles[r].voter, report->top);
	/* Only a page of the present moves votes, also for `none`: a sender whose disk was lost may
	 * have used its numbers before, and a recording of that life may be newer by number. */
	bool is_fresh = instant_before(step->now, fresh_until);
	if (!report->is_candidate)
		return;
	if (report->claim != CLAIM_NONE && is_fresh)
		ballot_hear(step, r, sender);
	else if (report->claim == CLAIM_NONE && (is_fresh || fresh_since_grant(m, r, page)))
		hear_none(step, r, report, page);
}

static void note_differences(struct step *step, uint8_t sender, struct peer *peer)
{
	bool voters_differ = peer->voters != step->m->voters_id;
	bool config_differs = peer->config != step->m->setup->config_digest;
	if (voters_differ && !peer->voters_differ)
		step_note(step, (struct note){.kind = NOTE_VOTERS_DIFFER, .peer = sender});
	if (config_differs && !peer->config_differs)
		step_note(step, (struct note){.kind = NOTE_CONFIG_DIFFERS, .peer = sender});
	peer->voters_differ = voters_differ;
	peer->config_differs = config_differs;
}

/*
 * Two that were without memory at the same time: either the cluster starts for the first time, or a
 * majority lost its disks, which nothing can mend. Told by a fresh page, so that a recording of the
 * first start proves nothing, and with the clocks' drift against it.
 */
static void note_memory(struct step *step, struct peer *peer, const struct heartbeat *page)
{
	if (!instant_before(step->now, peer->fresh_until))
		return;
	struct span ago =
	    span_ms((int64_t)page->relearned_ms * (1000 + DRIFT_PER_MILLE) / 1000 + 1);
	bool overlapped = page->relearned_ms != UINT32_MAX &&
	                  !instant_before(instant_minus(step->now, ago), step->m->started_at);
	peer->new_with_us = page->relearning || overlapped;
}

/*
 * While its memory is lost this member cannot know for how long it promised what. Whoever it
 * promised to, every majority it hears to relearn has a member that knows of a promise as long: the
 * claimant or one that promised the same. So it abstains for the longest it hears of, until it has
 * relearned.
 */
static void remember_promise(struct step *step, const struct heartbeat *page)
{
	struct member *m = step->m;
	if (!m->state_lost)
		return;
	struct instant before = m->abstain_until;
	struct span longest = timing_promise(page->timing);
	if (page->longest_promise.ns > longest.ns)
		longest = page->longest_promise;
	record_need_promise(step, longest);
	m->abstain_until = instant_later(before, instant_plus(m->started_at, longest));
	if (instant_before(before, m->abstain_until))
		epochs_doubt_late(m);
	m->abstaining = instant_before(step->now, m->abstain_until);
}

static void hear_sender(struct step *step, uint8_t sender, const struct heartbeat *page)
{
	struct member *m = step->m;
	struct peer *peer = &m->peers[sender];
	if (page->leaving && !peer->leaving)
		step_note(step, (struct note){.kind = NOTE_PEER_LEAVING, .peer = sender});
	peer->minor = page->minor;
	peer->timing = page->timing;
	peer->voters = page->voters;
	peer->config = page->config;
	peer->paused = page->paused;
	peer->pause_counter = page->pause_counter;
	peer->relearning = page->relearning;
	note_memory(step, peer, page);
	peer->abstaining = page->abstaining;
	peer->leaving = page->leaving;
	peer->stray = page->stray;
	peer->unsure_epoch = page->unsure_epoch;
	note_differences(step, sender, peer);
	remember_promise(step, page);
}

static void hear_requests(struct step *step, uint8_t sender, const struct heartbeat *page)
{
	struct peer *peer = &step->m->peers[sender];
	peer->requests_from = page->stamp;
	peer->request_count = page->request_count;
	for (uint8_t i = 0; i < page->request_count; i++)
		peer->requests[i] = page->requests[i];
	if (instant_before(step->now, peer->fresh_until))
		request_hear_answers(step, page);
}

void peers_receive(struct step *step, uint8_t sender, uint8_t path, const struct heartbeat *page)
{
	struct member *m = step->m;
	assert(sender < m->setup->member_count && sender != m->setup->self);
	struct peer *peer = &m->peers[sender];
	if (!replay_window_is_news(&m->heard[sender], page->stamp))
		return;
	replay_window_add(&m->heard[sender], page->stamp);
	bool newest = stamp_newer(page->stamp, peer->heard);
	if (path < PATHS_MAX)
		path_arrival(&peer->paths[path], page->stamp, step->now);
	const struct echo *echo = fresh_echo(page, m->self_id);
	if (echo != NULL)
		take_incarnation(step, echo->stamp);
	struct instant echoed = fresh_echoed_at(step, peer, page);
	struct instant fresh_until = fresh_until_of(step, page, echoed);
	if (newest) {
		peer->heard = page->stamp;
		peer->heard_at = step->now;
		peer->fresh_until = fresh_until;
		hear_sender(step, sender, page);
		clock_pause_hear(step, sender, page);
		if (instant_before(step->now, fresh_until))
			fence_hear(step, sender, page, echoed);
	}
	if (page->has_requests && stamp_newer(page->stamp, peer->requests_from))
		hear_requests(step, sender, page);
	for (uint8_t i = 0; i < page->role_count; i++)
		hear_role(step, sender, page, &page->roles[i], fresh_until);
	if (instant_before(step->now, fresh_until))
		epochs_hear(step, sender, page, echoed);
}

void peers_twin(struct step *step, uint8_t sender, uint8_t path, struct stamp stamp)
{
	if (path < PATHS_MAX)
		path_arrival(&step->m->peers[sender].paths[path], stamp, step->now);
}

/* One-way is said only after a lease of it: every link is one-way until the first echo is back. */
static enum link link_of(struct step *step, struct peer *peer)
{
	struct span lease = peer->timing.lease, own = step->m->timing.lease;
	if (peer->leaving)
		return PEER_SILENT;
	if (!step_reached(step, peer->fresh_until))
		return PEER_UP;
	if (step_reached(step, instant_plus(peer->heard_at, lease)))
		return PEER_SILENT;
	struct instant since = instant_later(peer->first_heard_at, peer->fresh_until);
	struct span longer = own.ns > lease.ns ? own : lease;
	return step_reached(step, instant_plus(since, longer)) ? PEER_ONE_WAY : peer->link;
}

static void link_update(struct step *step, uint8_t p)
{
	static const enum note_kind notes[] = {
	    [PEER_SILENT] = NOTE_PEER_SILENT,
	    [PEER_ONE_WAY] = NOTE_PEER_ONE_WAY,
	    [PEER_UP] = NOTE_PEER_HEARD,
	};
	struct peer *peer = &step->m->peers[p];
	if (peer->heard.incarnation == 0 || peer->heard_at.ns == INSTANT_PAST.ns)
		return;
	enum link link = link_of(step, peer);
	if (link == peer->link)
		return;
	peer->link = link;
	if (peer->leaving)
		return; /* said already */
	step_note(step, (struct note){.kind = notes[link],
	                              .peer = p,
	                              .epoch = peer->heard.incarnation,
	                              .span = instant_since(step->now, peer->heard_at)});
}

static void quorum_update(struct step *step)
{
	struct member *m = step->m;
	uint8_t heard = 0;
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		heard = (uint8_t)(heard + peer_counts(m, p, step->now));
	bool seen = heard >= quorum_of(m->voters.count);
	if (seen == m->quorum_seen)
		return;
	m->quorum_seen = seen;
	step_note(step, (struct note){.kind = seen ? NOTE_QUORUM_SEEN : NOTE_QUORUM_LOST,
	                              .peer = NO_MEMBER,
	                              .count = heard,
	                              .total = m->voters.count});
}

void peers_update(struct step *step)
{
	struct member *m = step->m;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		struct peer *peer = &m->peers[p];
		if (p == m->setup->self)
			continue;
		if (instant_before(peer->heard_at, instant_minus(step->now, peer->timing.lease)))
			peer->first_heard_at = INSTANT_NEVER;
		else if (peer->first_heard_at.ns == INSTANT_NEVER.ns)
			peer->first_heard_at = step->now;
		link_update(step, p);
	}
	quorum_update(step);
}
