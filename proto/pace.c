/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often this member speaks, and whether the others answer it in time. A lease lives on answers:
 * each confirms what the claimant said a moment before, and counts from then. So whoever gives a
 * vote answers as often as the claimant speaks, also where its own file says less; and who is
 * further from a majority than half its lease does not try.
 */
#include "proto/pace.h"

#include "proto/peers.h"
#include "proto/step.h"

enum {
	/* Of its own heartbeats a member has to know when it sent them for so long: others answer
	 * one with the next of theirs, and the first may be lost. */
	REMEMBERED_HEARTBEATS = 4,
	/* A lease is lost soon within so many promises; so many such losses in a row make the wait
	 * longer, up to eight promises: a role that can be run now and then is better than none. */
	SHORT_REIGN_PROMISES = 2,
	SHORT_REIGNS_MAX = 3,
};

/* A vote that stands: its holder waits for it to be said again. */
static bool is_awaited(const struct role *role, struct instant now)
{
	return role->voter.holder != 0 && instant_before(now, role->voter.until);
}

/*
 * The cost is borne by who votes: while a member with `wan` votes for an owner with `fast`, it
 * sends and everybody receives 50 heartbeats a second from it instead of one. So it is for as long
 * as that promise only, and there are two limits. One is for what a peer may declare. The other is
 * for the log of what was sent, which is of a fixed size: if it went round before the answers to
 * this member's own claims were there, they would not count.
 */
struct span pace_of(const struct member *m, struct instant now)
{
	struct span pace = m->timing.heartbeat;
	for (uint8_t r = 0; r < m->role_count; r++) {
		uint8_t holder = NO_MEMBER;
		if (is_awaited(&m->roles[r], now))
			holder = member_index(m, m->roles[r].voter.holder);
		if (holder == NO_MEMBER || holder == m->setup->self)
			continue;
		struct span its = m->peers[holder].timing.heartbeat;
		if (its.ns > 0 && its.ns < pace.ns)
			pace = its;
	}
	struct span least = span_ms(PACE_LEAST_MS);
	struct span logged = span_times(m->timing.heartbeat, REMEMBERED_HEARTBEATS);
	logged = span_divided(span_times(logged, m->page_count), SENT_MAX);
	if (logged.ns > least.ns)
		least = logged;
	if (least.ns > m->timing.heartbeat.ns)
		least = m->timing.heartbeat;
	return pace.ns > least.ns ? pace : least;
}

/* The quickest way there and back that was seen of late; 0: none was. */
static struct span quickest(const struct peer *peer)
{
	struct span least = {0};
	for (uint8_t i = 0; i < PATHS_MAX; i++) {
		struct span rtt = path_quickest(&peer->paths[i]);
		if (rtt.ns > 0 && (least.ns == 0 || rtt.ns < least.ns))
			least = rtt;
	}
	return least;
}

/*
 * An answer is there after a round trip and a heartbeat of each side, and a heartbeat is a quarter
 * of a lease at most: so a lease can be held with voters whose round trip is half of it. By the
 * quickest of many, for a machine that stood still a while is not far away. Nothing is known
 * against whom nobody measured yet.
 */
bool pace_holds_lease(const struct member *m, struct instant now)
{
	uint8_t near = voters_contain(&m->voters, m->self_id), reachable = near;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		if (p == m->setup->self || !peer_counts(m, p, now))
			continue;
		reachable++;
		near = (uint8_t)(near + (2 * quickest(&m->peers[p]).ns <= m->timing.lease.ns));
	}
	uint8_t needed = quorum_of(m->voters.count);
	return near >= needed || reachable < needed;
}

void pace_update(struct step *step)
{
	struct member *m = step->m;
	bool far = m->setup->members[m->setup->self].is_node && !pace_holds_lease(m, step->now);
	if (far == m->is_too_far)
		return;
	m->is_too_far = far;
	step_changed(step);
	step_note(step, (struct note){.kind = far ? NOTE_TOO_FAR : NOTE_NEAR_ENOUGH,
	                              .peer = NO_MEMBER,
	                              .span = m->timing.lease});
}

/*
 * A lease that ends soon after it was won would be won and lost over and over, and each time the
 * role starts and is killed: where answers come too late, or too many are lost. The votes are not
 * the reason, so others may try at once; this node waits for a promise, and for twice as long each
 * further time. It is forgiven when it kept a lease for longer than that.
 */
void pace_lease_lost(struct step *step, uint8_t r)
{
	struct role *role = &step->m->roles[r];
	struct span promise = timing_promise(step->m->timing);
	struct span reign = instant_since(step->now, role->claim.since);
	if (role->claim.state != CLAIM_HOLDING)
		return;
	if (reign.ns > SHORT_REIGN_PROMISES * promise.ns) {
		role->short_reigns = 0;
		return;
	}
	struct span wait = span_times(promise, INT64_C(1) << role->short_reigns);
	role->lease_retry_at = instant_plus(step->now, wait);
	if (role->short_reigns < SHORT_REIGNS_MAX)
		role->short_reigns++;
	step_note(step, (struct note){.kind = NOTE_LEASE_SHORT,
	                              .role = role->id,
	                              .epoch = role->claim.epoch,
	                              .peer = NO_MEMBER,
	                              .span = wait});
}
