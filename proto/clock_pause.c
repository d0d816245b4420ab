/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this member's clock stood still, as it does in a machine that its hypervisor paused: told
 * by the clocks of the others, which every page carries.
 *
 * The difference between the own clock at the receipt of a page and the sender's at its making is
 * the same for all pages of a sender, but for the time each was on its way, and for the drift. A
 * page that waited somewhere makes the difference larger, never smaller; so the least of a while is
 * that of the page that was least delayed, and a page far below it shows one thing only: that the
 * own clock missed that much. It may be too much by what even the quickest page of that while took,
 * and by the drift over two such whiles, which is a twelfth of a lease. Only a majority of those
 * who can be reached is believed, as a single clock may jump, and only more than half a lease.
 *
 * What was measured by the own clock then lasted longer than it says. Promises given to others last
 * longer too, which harms nobody. What others promised to this member does not: so every page it
 * sent counts as sent that much earlier, and every lease, and the freshness of whoever it heard,
 * ends that much earlier. Until that many pages are read, this member believes what was true before
 * its pause; the first page of an owner at a later epoch ends a lease by itself (election.c).
 */
#include "proto/clock_pause.h"

#include "proto/peers.h"
#include "proto/step.h"

enum {
	/* How long the least is looked for. */
	WHILE_LEASES = 2,
	/* Pages that waited during the pause are read one after the other, and each shows more of
	 * it: what is missed beyond half a lease counts from this part of a lease on. */
	FURTHER = 16,
};

void clock_pause_hear(struct step *step, uint8_t sender, const struct heartbeat *page)
{
	const struct member *m = step->m;
	struct lag *lag = &step->m->peers[sender].lag;
	struct span window = span_times(m->timing.lease, WHILE_LEASES);
	struct span behind = instant_since(step->now, page->clock);
	struct span elapsed = instant_since(step->now, lag->since);
	if (!page->has_clock)
		return;
	if (lag->incarnation != page->stamp.incarnation || elapsed.ns > 2 * window.ns) {
		*lag = (struct lag){.incarnation = page->stamp.incarnation,
		                    .since = step->now,
		                    .missed_at = INSTANT_PAST,
		                    .least_now = behind};
		return;
	}
	if (elapsed.ns >= window.ns) {
		lag->has_least = true;
		lag->least = lag->least_now;
		lag->least_now = behind;
		lag->since = step->now;
	} else if (behind.ns < lag->least_now.ns) {
		lag->least_now = behind;
	}
	struct span missed = {lag->least.ns - behind.ns};
	if (!lag->has_least || missed.ns <= m->timing.lease.ns / FURTHER)
		return;
	lag->missed = missed;
	lag->missed_at = step->now;
}

/* What a majority of those who can be reached agrees on; 0: nothing was missed. */
static struct span missed_by_majority(const struct step *step)
{
	const struct member *m = step->m;
	unsigned reachable = 0, agree = 0;
	struct span least = {INT64_MAX};
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		const struct lag *lag = &m->peers[p].lag;
		if (p == m->setup->self || !peer_is_fresh(m, p, step->now))
			continue;
		reachable++;
		if (!instant_before(step->now, instant_plus(lag->missed_at, m->timing.lease)))
			continue;
		agree++;
		if (lag->missed.ns < least.ns)
			least = lag->missed;
	}
	return agree * 2 > reachable ? least : (struct span){0};
}

static void count_as_earlier(struct instant *t, struct span missed)
{
	if (t->ns != INSTANT_PAST.ns && t->ns != INSTANT_NEVER.ns)
		*t = instant_minus(*t, missed);
}

static void go_on_without(struct member *m, struct span missed)
{
	sent_count_as_earlier(&m->sent, missed);
	for (uint8_t r = 0; r < m->role_count; r++)
		if (r < m->setup->role_count)
			count_as_earlier(&m->roles[r].claim.lease_end, missed);
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		struct peer *peer = &m->peers[p];
		count_as_earlier(&peer->fresh_until, missed);
		for (uint8_t r = 0; r < m->role_count; r++)
			count_as_earlier(&peer->roles[r].fresh_until, missed);
		/* What it says of others who were off would be believed of too late a moment. */
		peer->fencing.said_until = INSTANT_PAST;
		peer->lag.least.ns -= missed.ns;
		peer->lag.missed_at = INSTANT_PAST;
	}
}

/* Said once, when it does not grow any more. */
static void tell(struct step *step)
{
	struct member *m = step->m;
	if (m->stood.ns == 0 || !step_reached(step, instant_plus(m->stood_at, m->timing.heartbeat)))
		return;
	step_note(step,
	          (struct note){.kind = NOTE_CLOCK_STOOD, .peer = NO_MEMBER, .span = m->stood});
	m->stood = (struct span){0};
}

void clock_pause_update(struct step *step)
{
	struct member *m = step->m;
	struct span missed = missed_by_majority(step);
	struct span enough = span_divided(m->timing.lease, m->stood.ns > 0 ? FURTHER : 2);
	if (missed.ns > enough.ns) {
		go_on_without(m, missed);
		m->stood = span_plus(m->stood, missed);
		m->stood_at = m->reconfirm_since = step->now;
		step_changed(step);
	}
	tell(step);
}
