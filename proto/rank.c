/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who should own a role: the ready before the others, those whose definition of it agrees with ours
 * before those whose differs, those where it did not fail before those where it did, and then the
 * order of `nodes`. Every node computes this from the same heartbeats; when two disagree, both seek
 * and one of them gets the majority.
 */
#include "proto/rank.h"

#include <stddef.h>

#include "proto/peers.h"
#include "proto/retire.h"
#include "proto/step.h"

static const struct setup_role *setup_role_at(const struct member *m, uint8_t r)
{
	return r < m->setup->role_count ? &m->setup->roles[r] : NULL;
}

/* Place in `nodes`; node_count when it is not there. */
static uint8_t place_of(const struct setup_role *role, uint8_t member)
{
	for (uint8_t i = 0; i < role->node_count; i++)
		if (role->nodes[i] == member)
			return i;
	return role->node_count;
}

bool rank_lists(const struct member *m, uint8_t r, uint8_t member)
{
	const struct setup_role *role = &m->setup->roles[r];
	return place_of(role, member) < role->node_count;
}

bool rank_is_listed_before(const struct member *m, uint8_t r, uint8_t a, uint8_t b)
{
	const struct setup_role *role = &m->setup->roles[r];
	return place_of(role, a) < place_of(role, b);
}

struct instant peer_role_failed_at(const struct peer_role_report *before,
                                   const struct role_report *report, struct instant now)
{
	if (!before->known)
		return INSTANT_PAST;
	return report->failures > before->report.failures ? now : before->failed_at;
}

struct standing rank_standing(const struct member *m, uint8_t r, uint8_t member, struct instant now)
{
	if (member == m->setup->self)
		return (struct standing){.reachable = true,
		                         .known = true,
		                         .unfit = election_unfit(m, r, now),
		                         .failures = m->roles[r].failures};
	const struct peer_role_report *heard = &m->peers[member].roles[r];
	struct standing standing = {.reachable = peer_is_fresh(m, member, now),
	                            .known = heard->known && heard->report.is_candidate,
	                            .unfit = UNFIT_UNLISTED};
	if (!standing.known)
		return standing;
	const struct setup_role *role = setup_role_at(m, r);
	/* Nobody owns without a vote of its own: what is handed to it would be owned by nobody. */
	const struct peer *peer = &m->peers[member];
	bool is_mute = peer->abstaining || peer->relearning;
	standing.unfit =
	    heard->report.unfit == UNFIT_NOT && is_mute ? UNFIT_MUTE : heard->report.unfit;
	standing.mismatch = role != NULL && heard->report.definition != role->definition;
	standing.failures = heard->report.failures;
	return standing;
}

bool rank_is_ready(struct standing standing)
{
	return standing.reachable && standing.known && standing.unfit == UNFIT_NOT;
}

/* Smaller is better. */
static unsigned key_of(const struct member *m, uint8_t r, uint8_t member, struct instant now)
{
	struct standing standing = rank_standing(m, r, member, now);
	return (unsigned)!rank_is_ready(standing) << 10 | (unsigned)standing.mismatch << 9 |
	       (unsigned)(standing.failures > 0) << 8 | place_of(&m->setup->roles[r], member);
}

uint8_t rank_of(const struct member *m, uint8_t r, uint8_t member, struct instant now)
{
	const struct setup_role *role = setup_role_at(m, r);
	if (role == NULL)
		return member; /* only heard of: any fixed order will do */
	unsigned own = key_of(m, r, member, now);
	uint8_t better = 0;
	for (uint8_t i = 0; i < role->node_count; i++) {
		uint8_t other = role->nodes[i];
		bool reachable = rank_standing(m, r, other, now).reachable;
		if (other != member && reachable && key_of(m, r, other, now) < own)
			better++;
	}
	return better;
}

uint8_t rank_best_other(const struct member *m, uint8_t r, struct instant now)
{
	const struct setup_role *role = setup_role_at(m, r);
	uint8_t best = NO_MEMBER;
	for (uint8_t i = 0; role != NULL && i < role->node_count; i++) {
		uint8_t other = role->nodes[i];
		struct standing standing = rank_standing(m, r, other, now);
		if (other == m->setup->self || !rank_is_ready(standing) || standing.mismatch)
			continue;
		if (best == NO_MEMBER || key_of(m, r, other, now) < key_of(m, r, best, now))
			best = other;
	}
	return best;
}
