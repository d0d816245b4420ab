/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start and the step. What each event means stands in the file it is handed to.
 */
#include "proto/member.h"

#include <assert.h>
#include <string.h>

#include "proto/ballot.h"
#include "proto/clock_pause.h"
#include "proto/election.h"
#include "proto/epochs.h"
#include "proto/fence.h"
#include "proto/fence_news.h"
#include "proto/member_check.h"
#include "proto/overdue.h"
#include "proto/pace.h"
#include "proto/peers.h"
#include "proto/record.h"
#include "proto/request.h"
#include "proto/retire.h"
#include "proto/silent_paths.h"
#include "proto/slew.h"
#include "proto/snapshot.h"
#include "proto/step.h"

static void init_roles(struct member *m, const struct setup *setup, struct instant now)
{
	m->role_count = setup->role_count;
	for (uint8_t i = 0; i < setup->role_count; i++) {
		struct role *role = &m->roles[i];
		role->id = setup->roles[i].id;
		role->resources_fit = true;
		role->claim.lease_end = INSTANT_PAST;
		role->claim.confirmed_at = INSTANT_PAST;
		role->claim.candidacy_after = now;
		role->claim.open_since = INSTANT_NEVER;
		role->retry_at = role->lease_retry_at = now;
		role->failed_at = INSTANT_PAST;
		role->up_since = INSTANT_NEVER;
		role->better_since = INSTANT_NEVER;
		role->unowned_since = INSTANT_NEVER;
		role->successor_until = now;
		role->claim.since = now;
		role->fence_target = role->fence_failed_on = NO_MEMBER;
		role->fence_since = INSTANT_NEVER;
		role->fence_retry_at = now;
	}
}

static void init_peers(struct member *m)
{
	for (uint8_t p = 0; p < MEMBERS_MAX; p++) {
		m->peers[p].fresh_until = INSTANT_PAST;
		m->peers[p].heard_at = INSTANT_PAST;
		m->peers[p].first_heard_at = INSTANT_NEVER;
		m->peers[p].lag.missed_at = INSTANT_PAST;
		m->peers[p].fencing.off_at = m->peers[p].fencing.said_until = INSTANT_PAST;
		m->peers[p].fencing.not_before = INSTANT_PAST;
		m->peers[p].fencing.doubted_at = INSTANT_PAST;
	}
}

static void init_voters(struct member *m, const struct setup *setup)
{
	struct voters file = setup_voters(setup);
	if (m->voters.count == 0)
		m->voters = file;
	m->voters_id = voters_digest(&m->voters);
	m->file_voters_differ = voters_digest(&file) != m->voters_id;
}

void member_init(struct member *m, const struct setup *setup, const struct durable *durable,
                 const struct kept *kept, uint64_t seed, struct instant now)
{
	assert(setup->self < setup->member_count);
	memset(m, 0, sizeof *m);
	m->setup = setup;
	m->timing = setup->timing;
	m->self_id = setup->members[setup->self].id;
	m->random = seed;
	/* Where its numbers start differs from life to life, so that an old echo cannot be taken
	 * for one of this life even if the incarnation was lost with the disk. */
	m->seq = seed >> 24;
	m->request_counter = (uint32_t)seed;
	m->now = m->started_at = m->heartbeat_at = m->next_heartbeat = m->wake = now;
	m->reconfirm_since = m->outbid_at = INSTANT_PAST;
	m->relearned_at = m->paths_changed_at = INSTANT_NEVER;
	struct span promise = timing_promise(setup->timing);
	init_roles(m, setup, now);
	init_peers(m);
	if (durable != NULL)
		snapshot_take_durable(m, durable);
	else
		m->relearning = m->state_lost = true;
	init_voters(m, setup);
	/* What this member may have promised before it lost its memory is over by then. */
	struct span longest = m->longest_promise.ns > promise.ns ? m->longest_promise : promise;
	m->abstain_until = instant_plus(now, longest);
	m->longest_promise = longest;
	m->needed_since = now;
	if (kept != NULL)
		snapshot_take_kept(m, kept, now);
	m->abstaining = instant_before(now, m->abstain_until);
	m->incarnation++;
	m->reserved_epoch += EPOCH_BLOCK;
	/* The first snapshot holds all of this; until it is written nothing is sent or granted. */
	m->generation = 1;
	m->incarnation_generation = m->reserved_generation = m->longest_generation = 1;
}

/* A member without memory votes again when so many others were heard that what it promised, granted
 * and stored before is known to one of them; see epochs.c. Of each it has to hear a whole
 * heartbeat: what it was to learn may stand on any of the pages. */
static void relearn(struct step *step)
{
	struct member *m = step->m;
	if (!m->relearning || m->relearned_generation != 0)
		return;
	uint8_t heard = 0, also_relearning = 0, late = 0;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer *peer = &m->peers[p];
		if (p == m->setup->self || !peer->is_learned || !peer_same_voters(m, p) ||
		    !voters_contain(&m->voters, m->setup->members[p].id))
			continue;
		heard++;
		also_relearning += peer->new_with_us;
		/* Two that lost their disks have nothing to tell each other, ever. */
		late = (uint8_t)(late + (peer->vouches_late || peer->relearning));
	}
	bool self_votes = voters_contain(&m->voters, m->self_id);
	uint8_t others = (uint8_t)(m->voters.count - self_votes);
	uint8_t quorum = quorum_of(m->voters.count);
	/* An acknowledged command is on the disks of a quorum, so of one of as many others. */
	bool is_enough =
	    heard >= (quorum < others ? quorum : others) && epochs_suffice(m, heard, late);
	/* A cluster that starts for the first time: nobody knows anything, so nothing can be missed
	 * unless a majority lost its disks at once. */
	bool all_new = heard == also_relearning && heard + self_votes >= quorum;
	if (!is_enough && !all_new)
		return;
	/* What was learned must be on disk before it is relied on: the same snapshot says both. */
	m->relearned_generation = step_persist(step);
	step_note(step, (struct note){.kind = NOTE_RELEARNED, .peer = NO_MEMBER, .count = heard});
}

static void abstention_update(struct step *step)
{
	struct member *m = step->m;
	if (!m->abstaining || !step_reached(step, m->abstain_until))
		return;
	m->abstaining = false;
	step_changed(step);
	step_note(step, (struct note){.kind = NOTE_ABSTENTION_OVER, .peer = NO_MEMBER});
}

static void persisted(struct step *step, uint64_t generation)
{
	struct member *m = step->m;
	if (generation <= m->persisted)
		return;
	assert(generation <= m->generation);
	bool first = m->persisted == 0;
	m->persisted = generation;
	if (generation >= m->reserved_generation)
		m->reserved_on_disk = m->reserved_epoch;
	if (generation >= m->longest_generation)
		m->longest_on_disk = m->longest_promise;
	if (m->relearned_generation != 0 && generation >= m->relearned_generation &&
	    m->relearning) {
		m->relearning = false;
		m->relearned_at = step->now;
		m->state_lost = false;
		step_changed(step);
	}
	record_persisted(step);
	if (first) {
		step_changed(step);
		step_note(step, (struct note){.kind = NOTE_JOINED,
		                              .epoch = m->incarnation,
		                              .peer = NO_MEMBER,
		                              .span = instant_since(m->abstain_until, step->now)});
		if (m->relearning)
			step_note(step, (struct note){.kind = NOTE_STATE_LOST, .peer = NO_MEMBER});
		if (m->file_voters_differ)
			step_note(step, (struct note){.kind = NOTE_FILE_VOTERS_DIFFER,
			                              .peer = NO_MEMBER});
	}
}

/* A gap in which this process did not run: what was true before may not be. */
static void notice_gap(struct step *step)
{
	struct member *m = step->m;
	struct span gap = instant_since(step->now, instant_later(m->now, m->wake));
	if (gap.ns <= m->timing.lease.ns / 2)
		return;
	m->reconfirm_since = step->now;
	step_note(step, (struct note){.kind = NOTE_PAUSE_NOTICED, .peer = NO_MEMBER, .span = gap});
}

static void leave_update(struct step *step)
{
	struct member *m = step->m;
	if (!m->leaving || m->left)
		return;
	for (uint8_t r = 0; r < m->role_count; r++)
		if (m->roles[r].claim.state != CLAIM_NONE)
			return;
	m->left = true;
	step_changed(step);
	step_left(step);
}

static void heartbeat_update(struct step *step)
{
	struct member *m = step->m;
	if (m->persisted < m->incarnation_generation)
		return;
	m->next_heartbeat = instant_earlier(m->next_heartbeat,
	                                    instant_plus(m->heartbeat_at, pace_of(m, step->now)));
	if (!m->changed && !step_reached(step, m->next_heartbeat))
		return;
	m->changed = false;
	m->pages_due = true;
	m->first_page = true;
	m->fenced_page = fence_has_news(m, step->now);
	m->next_page_role = 0;
	m->heartbeat_at = step->now;
	m->next_heartbeat = instant_plus(step->now, pace_of(m, step->now));
	m->wake = instant_earlier(m->wake, m->next_heartbeat);
	step->out->send = true;
}

static void update(struct step *step)
{
	struct member *m = step->m;
	abstention_update(step);
	clock_pause_update(step);
	peers_update(step);
	silent_paths_update(step);
	epochs_update(step);
	pace_update(step);
	relearn(step);
	request_update(step);
	for (uint8_t r = 0; r < m->role_count; r++) {
		if (election_is_candidate(m, r))
			election_update(step, r);
		ballot_update(step, r);
	}
	fence_update(step);
	record_reserve(step);
	leave_update(step);
	heartbeat_update(step);
}

static void leave(struct step *step)
{
	struct member *m = step->m;
	if (m->leaving)
		return;
	m->leaving = true;
	step_changed(step);
}

/* The last word of this life: others must not take silence for an end. */
static void give_up(struct step *step)
{
	for (uint8_t r = 0; r < step->m->role_count; r++)
		overdue_give_up(step, r);
}

static void fitness(struct step *step, uint8_t r, bool fit)
{
	struct role *role = &step->m->roles[r];
	if (role->resources_fit == fit)
		return;
	role->resources_fit = fit;
	step_changed(step);
	step_note(step, (struct note){.kind = fit ? NOTE_FIT : NOTE_UNFIT,
	                              .role = role->id,
	                              .peer = NO_MEMBER,
	                              .detail = UNFIT_RESOURCE});
}

static void dispatch(struct step *step, const struct event *event)
{
	uint8_t role = event->as.resources.role;
	switch (event->kind) {
	case EVENT_DEADLINE:
		break;
	case EVENT_HEARTBEAT:
		peers_receive(step, event->as.heartbeat.sender, event->as.heartbeat.path,
		              event->as.heartbeat.page);
		break;
	case EVENT_TWIN:
		peers_twin(step, event->as.twin.sender, event->as.twin.path, event->as.twin.stamp);
		break;
	case EVENT_STARTED:
		election_started(step, role, event->as.resources.epoch);
		break;
	case EVENT_RELEASED:
		election_released(step, role, event->as.resources.epoch);
		break;
	case EVENT_FAILED:
		election_failed(step, role, event->as.resources.epoch);
		break;
	case EVENT_FITNESS:
		fitness(step, event->as.fitness.role, event->as.fitness.fit);
		break;
	case EVENT_STRAY:
		step->m->stray = event->as.is_stray;
		step_changed(step);
		break;
	case EVENT_PERSISTED:
		persisted(step, event->as.generation);
		break;
	case EVENT_REQUEST:
		request_typed(step, event);
		break;
	case EVENT_LEAVE:
		leave(step);
		break;
	case EVENT_GIVE_UP:
		give_up(step);
		break;
	case EVENT_FENCED:
		fence_ended(step, event);
		break;
	}
}

void member_step(struct member *m, const struct event *event, struct effects *out)
{
	assert(event->now.ns >= m->now.ns);
	struct step step = {.m = m, .now = event->now, .out = out};
	out->send = out->persist = false;
	out->count = 0;
	notice_gap(&step);
	m->now = event->now;
	m->wake = INSTANT_NEVER;
	uint64_t generation = m->generation;
	slew_update(&step, event->behind);
	dispatch(&step, event);
	update(&step);
	out->persist = m->generation != generation || (m->persisted == 0 && generation == 1);
	out->broken = member_check(m);
}

struct instant member_deadline(const struct member *m)
{
	return m->wake;
}

void member_set_timing(struct member *m, struct timing timing)
{
	m->timing = timing;
}

const struct replay_window *member_heard(const struct member *m)
{
	return m->heard;
}

bool member_may_act(const struct member *m, uint8_t role, struct instant now)
{
	assert(role < m->setup->role_count);
	const struct claim *claim = &m->roles[role].claim;
	return claim->state == CLAIM_HOLDING && instant_before(now, claim->lease_end) &&
	       !instant_before(claim->confirmed_at, m->reconfirm_since) && !claim->grows;
}

struct instant member_lease_end(const struct member *m, uint8_t role)
{
	const struct claim *claim = &m->roles[role].claim;
	bool has = claim->state == CLAIM_HOLDING || claim->state == CLAIM_RELEASING;
	return has ? slew_expected(m, claim->lease_end) : INSTANT_PAST;
}

struct span member_release_limit(const struct member *m, uint8_t role)
{
	return m->roles[role].claim.release_limit;
}
