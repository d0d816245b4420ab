/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of roles: those of setup stand first and stay; behind them those that are only heard
 * of, so that a witness votes for a role its own file does not name yet.
 */
#include "proto/roles.h"

#include <string.h>

#include "proto/step.h"

uint8_t roles_find(const struct member *m, uint64_t id)
{
	for (uint8_t r = 0; r < m->role_count; r++)
		if (m->roles[r].id == id)
			return r;
	return ROLES_MAX;
}

static void clear(struct member *m, uint8_t r, uint64_t id)
{
	m->roles[r] = (struct role){.id = id};
	/* The epochs of a role that was forgotten are remembered as one number for all. */
	voter_raise_top(&m->roles[r].voter, m->epoch_floor);
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		m->peers[p].roles[r] = (struct peer_role_report){0};
}

/* A heard-of role that nobody has a promise for and no reachable member speaks of any more. */
static bool is_idle(const struct member *m, uint8_t r, struct instant now)
{
	const struct role *role = &m->roles[r];
	if (!voter_is_free(&role->voter, now) || role->record.epoch != 0)
		return false;
	for (uint8_t p = 0; p < m->setup->member_count; p++)
		if (m->peers[p].roles[r].known &&
		    instant_before(now, instant_plus(m->peers[p].roles[r].at,
		                                     span_times(m->timing.lease, 10))))
			return false;
	return true;
}

uint8_t roles_place(struct step *step, uint64_t id)
{
	struct member *m = step->m;
	uint8_t found = roles_find(m, id);
	if (found < m->role_count)
		return found;
	if (m->role_count < ROLES_MAX) {
		clear(m, m->role_count, id);
		return m->role_count++;
	}
	for (uint8_t r = m->setup->role_count; r < m->role_count; r++) {
		if (!is_idle(m, r, step->now))
			continue;
		if (m->roles[r].voter.seen > m->epoch_floor)
			m->epoch_floor = m->roles[r].voter.seen;
		clear(m, r, id);
		return r;
	}
	return ROLES_MAX;
}
