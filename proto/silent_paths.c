/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks between members of which one went dead while others carry on. Nothing depends on it, as
 * every page goes over all paths; but the next fault would be an outage, so people hear of it: once
 * for a network on which nobody is heard, and otherwise once for each member. Knows no claims.
 */
#include "proto/silent_paths.h"

#include "proto/peers.h"

/* A path is silent when nothing came over it for a lease although its member is heard. */
static bool is_silent(struct step *step, uint8_t p, uint8_t path)
{
	const struct member *m = step->m;
	const struct peer *peer = &m->peers[p];
	struct span longer =
	    m->timing.lease.ns > peer->timing.lease.ns ? m->timing.lease : peer->timing.lease;
	struct instant since = peer->first_heard_at;
	if (peer->paths[path].heard)
		since = instant_later(since, peer->paths[path].heard_at);
	return step_reached(step, instant_plus(since, longer));
}

uint8_t silent_paths_between(const struct member *m, uint8_t peer)
{
	uint8_t ours = m->setup->members[m->setup->self].path_count;
	uint8_t theirs = m->setup->members[peer].path_count;
	return ours < theirs ? ours : theirs;
}

/* Whoever is not heard at all is reported as that. */
static bool is_looked_at(const struct member *m, uint8_t p)
{
	return p != m->setup->self && silent_paths_between(m, p) > 1 &&
	       m->peers[p].link != PEER_SILENT;
}

static void look(struct step *step, uint8_t now[MEMBERS_MAX])
{
	for (uint8_t p = 0; p < step->m->setup->member_count; p++) {
		now[p] = 0;
		for (uint8_t i = 0;
		     is_looked_at(step->m, p) && i < silent_paths_between(step->m, p); i++)
			if (is_silent(step, p, i))
				now[p] |= (uint8_t)(1u << i);
	}
}

/* Of at least two members that have the path: none is heard on it. It stays dead until somebody is,
 * however few are left. */
static bool is_dead(const struct member *m, const uint8_t now[MEMBERS_MAX], uint8_t path)
{
	bool was_dead = (m->dead_paths >> path & 1) != 0;
	unsigned with = 0, silent = 0;
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		if (!is_looked_at(m, p) || silent_paths_between(m, p) <= path)
			continue;
		with++;
		silent += (now[p] >> path) & 1u;
	}
	return with > 1 || was_dead ? silent == with : false;
}

static void tell(struct step *step, bool silent, uint8_t path, uint8_t peer)
{
	step_note(step, (struct note){.kind = silent ? NOTE_PATH_SILENT : NOTE_PATH_HEARD,
	                              .count = path + 1u,
	                              .peer = peer,
	                              .span = step->m->timing.lease});
}

static void tell_path(struct step *step, const uint8_t now[MEMBERS_MAX], uint8_t path)
{
	struct member *m = step->m;
	const uint8_t bit = (uint8_t)(1u << path);
	const bool dead = is_dead(m, now, path), was_dead = (m->dead_paths & bit) != 0;
	if (dead != was_dead)
		tell(step, dead, path, NO_MEMBER);
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		/* What was said of the network was said of no single member. */
		bool told = !was_dead && (m->peers[p].silent_paths & bit) != 0;
		bool is = (now[p] & bit) != 0;
		if (!dead && is != told && is_looked_at(m, p))
			tell(step, is, path, p);
	}
	m->dead_paths = (uint8_t)(dead ? m->dead_paths | bit : m->dead_paths & ~bit);
}

void silent_paths_update(struct step *step)
{
	struct member *m = step->m;
	uint8_t now[MEMBERS_MAX];
	bool changed = false;
	if (m->setup->members[m->setup->self].path_count < 2)
		return;
	look(step, now);
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		/* A member that is gone altogether takes what was said of its paths with it. */
		if (!is_looked_at(m, p))
			m->peers[p].silent_paths = 0;
		changed |= now[p] != m->peers[p].silent_paths;
	}
	if (!changed) {
		m->paths_changed_at = INSTANT_NEVER;
		return;
	}
	/* A network dies for everybody within a heartbeat or two: one line for all of it. */
	if (m->paths_changed_at.ns == INSTANT_NEVER.ns)
		m->paths_changed_at = step->now;
	struct span patience = span_times(m->timing.heartbeat, 2);
	if (!step_reached(step, instant_plus(m->paths_changed_at, patience)))
		return;
	for (uint8_t path = 0; path < PATHS_MAX; path++)
		tell_path(step, now, path);
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		m->peers[p].silent_paths = now[p];
	m->paths_changed_at = INSTANT_NEVER;
}
