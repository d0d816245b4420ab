/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this member says: fills the pages of a heartbeat from its state. Every page dates the votes
 * that will answer it, so each has its own sequence number.
 */
#include <assert.h>
#include <string.h>

#include "proto/fence_news.h"
#include "proto/retire.h"
#include "proto/sharing.h"
#include "proto/step.h"
#include "proto/wire.h"

static uint32_t age_us(struct instant now, struct instant then)
{
	int64_t us = instant_since(now, then).ns / 1000;
	return us < 0 ? 0 : us > UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t)us;
}

static uint8_t path_count(const struct member *m, uint8_t peer)
{
	uint8_t ours = m->setup->members[m->setup->self].path_count;
	uint8_t theirs = m->setup->members[peer].path_count;
	uint8_t both = ours < theirs ? ours : theirs;
	return both < PATHS_MAX ? both : PATHS_MAX;
}

static void say_path(const struct peer *peer, const struct path *path, struct instant now,
                     struct path_echo *out)
{
	*out = (struct path_echo){.age_us = UINT32_MAX, .loss_percent = 100};
	if (!path->heard || path->newest.incarnation != peer->heard.incarnation)
		return;
	uint64_t behind = peer->heard.seq - path->newest.seq;
	out->seq_behind = behind < UINT32_MAX ? (uint32_t)behind : UINT32_MAX;
	out->age_us = age_us(now, path->heard_at);
	out->loss_percent = path_loss(path, peer->heard);
}

static void say_echoes(const struct member *m, struct instant now, struct heartbeat *page)
{
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct peer *peer = &m->peers[p];
		if (p == m->setup->self || peer->heard.incarnation == 0)
			continue;
		struct echo *echo = &page->echoes[page->echo_count++];
		*echo = (struct echo){
		    .member = m->setup->members[p].id,
		    .stamp = peer->heard,
		    .age_us = age_us(now, peer->heard_at),
		    .path_count = path_count(m, p),
		};
		for (uint8_t i = 0; i < echo->path_count; i++)
			say_path(peer, &peer->paths[i], now, &echo->paths[i]);
	}
}

static void say_requests(const struct member *m, struct heartbeat *page)
{
	page->has_requests = true;
	for (uint8_t i = 0; i < m->request_count; i++)
		if (!m->requests[i].is_held_back)
			page->requests[page->request_count++] = m->requests[i].request;
	for (uint8_t i = 0; i < m->owed_count; i++)
		page->answers[page->answer_count++] = m->owed[i].answer;
}

static void say_candidate(const struct member *m, uint8_t r, struct instant now,
                          struct role_report *report)
{
	const struct role *role = &m->roles[r];
	report->is_candidate = true;
	report->claim = role->claim.state;
	report->claim_epoch = role->claim.epoch;
	if (role->claim.state != CLAIM_NONE)
		report->identities = *sharing_said(m, r);
	report->unfit = election_unfit(m, r, now);
	if (report->unfit == UNFIT_LEASE)
		report->unfit = UNFIT_FAILED;
	report->phase = role->phase;
	report->failures = role->failures;
	report->definition = m->setup->roles[r].definition;
	report->fences = m->setup->roles[r].fences;
	report->may_run = role->claim.may_run;
	report->successor = role->claim.state == CLAIM_NONE ? role->claim.successor : 0;
}

static bool say_role(const struct member *m, uint8_t r, struct instant now,
                     struct role_report *report)
{
	const struct role *role = &m->roles[r];
	*report =
	    (struct role_report){.role = role->id, .top = role->voter.seen, .record = role->stored};
	if (!voter_is_free(&role->voter, now)) {
		report->holder = role->voter.holder;
		report->granted = role->voter.granted;
		report->by = role->voter.by;
		report->endless = role->voter.endless;
	}
	if (election_is_candidate(m, r))
		say_candidate(m, r, now, report);
	return report->is_candidate || report->top != 0 || report->record.epoch != 0;
}

static uint32_t relearned_ms(const struct member *m, struct instant now)
{
	if (m->relearned_at.ns == INSTANT_NEVER.ns)
		return UINT32_MAX;
	int64_t ms = instant_since(now, m->relearned_at).ns / 1000000 + 1;
	return ms < UINT32_MAX - 1 ? (uint32_t)ms : UINT32_MAX - 1;
}

static void say_sender(const struct member *m, struct instant now, struct heartbeat *page)
{
	page->minor = WIRE_MINOR;
	page->cluster = m->setup->cluster_id;
	page->sender = m->self_id;
	page->stamp = (struct stamp){m->incarnation, m->seq};
	page->timing = m->timing;
	page->longest_promise = m->longest_promise;
	page->voters = m->voters_id;
	page->config = m->setup->config_digest;
	page->paused = m->paused;
	page->pause_counter = m->pause_counter;
	page->relearning = m->relearning;
	page->relearned_ms = relearned_ms(m, now);
	page->abstaining = m->abstaining;
	page->leaving = m->left;
	page->stray = m->stray;
	page->unsure_epoch = m->epoch_jump;
	page->has_clock = true;
	page->clock = now;
}

/* Fills the page with the roles that come next, as many as fit. */
static void say_roles(struct member *m, struct instant now, struct heartbeat *page)
{
	/* With the head of the section of identities, which no role counts as its own. */
	size_t length = wire_bytes(page) + WIRE_SECTION_BYTES;
	/* limits.h and wire.c see to it that this much always fits. */
	assert(length <= WIRE_BODY_BYTES);
	while (m->next_page_role < m->role_count && page->role_count < PAGE_ROLES_MAX) {
		struct role_report *report = &page->roles[page->role_count];
		if (!say_role(m, m->next_page_role, now, report)) {
			m->next_page_role++;
			continue;
		}
		length += wire_role_bytes(report);
		if (length > WIRE_BODY_BYTES)
			break;
		page->role_count++;
		m->next_page_role++;
	}
	assert(page->role_count > 0 || m->next_page_role == m->role_count || m->first_page);
}

bool member_next_page(struct member *m, struct instant now, struct heartbeat *page)
{
	if (!m->pages_due)
		return false;
	assert(m->persisted >= m->incarnation_generation);
	m->seq++;
	m->page_count = m->first_page ? 1 : (uint8_t)(m->page_count + 1);
	memset(page, 0, sizeof *page);
	say_sender(m, now, page);
	say_echoes(m, now, page);
	if (m->fenced_page) {
		/* Before the claims that build on it. */
		fence_say(m, now, page);
		m->fenced_page = false;
	} else {
		if (m->first_page)
			say_requests(m, page);
		say_roles(m, now, page);
		m->first_page = false;
		m->pages_due = m->next_page_role < m->role_count;
	}
	sent_add(&m->sent, (struct sent){.seq = m->seq,
	                                 .at = now,
	                                 .lease = m->timing.lease,
	                                 .release = m->timing.release});
	return true;
}
