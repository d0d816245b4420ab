/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this member may own, and how it gives up what it may not own any more: its configuration was
 * changed while it owned the role, and names other nodes for it, or the role not at all. The role
 * stands in the setup all the same, as it was (setup_role.retired): its resources are up here and
 * have to be stopped in order, and whoever may own it gets it as in a move. Knows no resources.
 */
#include "proto/retire.h"

#include <assert.h>

#include "proto/election.h"
#include "proto/pace.h"
#include "proto/rank.h"
#include "proto/sharing.h"
#include "proto/step.h"

bool election_is_candidate(const struct member *m, uint8_t r)
{
	if (r >= m->setup->role_count)
		return false;
	const struct setup_role *role = &m->setup->roles[r];
	for (uint8_t i = 0; i < role->node_count; i++)
		if (role->nodes[i] == m->setup->self)
			return true;
	return false;
}

enum unfit election_unfit(const struct member *m, uint8_t r, struct instant now)
{
	const struct role *role = &m->roles[r];
	if (!election_is_candidate(m, r) || m->setup->roles[r].retired)
		return UNFIT_UNLISTED;
	if (m->leaving)
		return UNFIT_LEAVING;
	if (m->paused)
		return UNFIT_PAUSED;
	if (!role->resources_fit)
		return UNFIT_RESOURCE;
	/* Nothing is handed to it either. */
	if (role->claim.may_run)
		return UNFIT_FAILED;
	bool backs_off =
	    instant_before(now, role->retry_at) || instant_before(now, role->fence_retry_at);
	if (backs_off)
		return UNFIT_FAILED;
	bool lost = instant_before(now, role->lease_retry_at);
	return lost || !pace_holds_lease(m, now) ? UNFIT_LEASE : UNFIT_NOT;
}

/* Any that could take it now. Its file may say something else of the role: to have it run there is
 * better than not at all, and the file of this member says nothing of it. */
static uint8_t successor_of(const struct member *m, uint8_t r, struct instant now)
{
	const struct setup_role *role = &m->setup->roles[r];
	/* It may have another name in the file. */
	if (sharing_has_heir(m, r, now))
		return m->setup->self;
	uint8_t best = rank_best_other(m, r, now);
	for (uint8_t i = 0; i < role->node_count && best == NO_MEMBER; i++)
		if (role->nodes[i] != m->setup->self &&
		    rank_is_ready(rank_standing(m, r, role->nodes[i], now)))
			best = role->nodes[i];
	return best;
}

/* The daemon has just begun: for a lease it waits to hear of a node that can take the role, for
 * nothing is stopped before it is known where it goes. If nobody does, it ends here. */
void retire_update(struct step *step, uint8_t r)
{
	const struct member *m = step->m;
	assert(m->setup->roles[r].retired || m->roles[r].claim.crowded);
	uint8_t best = successor_of(m, r, step->now);
	if (best == NO_MEMBER && !step_reached(step, instant_plus(m->started_at, m->timing.lease)))
		return;
	election_release(step, r, RELEASE_RETIRED,
	                 best == NO_MEMBER ? 0 : m->setup->members[best].id);
}
