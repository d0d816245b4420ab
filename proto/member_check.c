/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a member as a whole, those of its votes and claims, and those of kept memory.
 */
#include "proto/member_check.h"

#include <stddef.h>

#include "proto/claim_check.h"
#include "proto/voter_check.h"

/* --- the member */

static bool its_tables_are_within_their_limits(const struct member *m)
{
	return m->role_count >= m->setup->role_count && m->role_count <= ROLES_MAX &&
	       m->request_count <= REQUESTS_MAX && m->owed_count <= ANSWERS_MAX;
}

/* What no disk holds is not relied on. */
static bool nothing_is_stored_that_was_not_asked_for(const struct member *m)
{
	return m->persisted <= m->generation && m->reserved_on_disk <= m->reserved_epoch;
}

/* Votes count against the set; with none in it nobody would be a majority. */
static bool somebody_has_a_vote(const struct member *m)
{
	return m->voters.count > 0 && m->voters.count <= MEMBERS_MAX;
}

/* A voter that may have promised more than it remembers gives nothing until that is over. */
static bool it_abstains_until_its_promises_are_over(const struct member *m)
{
	return m->abstaining == instant_before(m->now, m->abstain_until);
}

/* A deadline that lies in the past would wake it for ever; ... */
static bool it_sleeps_until_something_is_due(const struct member *m)
{
	return instant_before(m->now, m->wake);
}

/* ... and one that it sleeps through would leave the others without a word. */
static bool it_wakes_for_the_next_heartbeat(const struct member *m)
{
	return m->persisted < m->incarnation_generation ||
	       (instant_before(m->now, m->next_heartbeat) &&
	        !instant_before(m->next_heartbeat, m->wake));
}

/* Its last word is `none` for every role. */
static bool it_leaves_without_a_claim(const struct member *m)
{
	for (uint8_t r = 0; m->left && r < m->role_count; r++)
		if (m->roles[r].claim.state != CLAIM_NONE)
			return false;
	return !m->left || m->leaving;
}

static const char *whole_check(const struct member *m)
{
	if (!its_tables_are_within_their_limits(m))
		return "its tables are within their limits";
	if (!nothing_is_stored_that_was_not_asked_for(m))
		return "nothing is stored that was not asked for";
	if (!somebody_has_a_vote(m))
		return "somebody has a vote";
	if (!it_abstains_until_its_promises_are_over(m))
		return "it abstains until its promises are over";
	if (!it_sleeps_until_something_is_due(m))
		return "it sleeps until something is due";
	if (!it_wakes_for_the_next_heartbeat(m))
		return "it wakes for the next heartbeat";
	if (!it_leaves_without_a_claim(m))
		return "it leaves without a claim";
	return NULL;
}

const char *member_check(const struct member *m)
{
	const char *broken = whole_check(m);
	for (uint8_t r = 0; r < m->role_count && broken == NULL; r++)
		broken = voter_check(&m->roles[r].voter, m->now);
	for (uint8_t r = 0; r < m->setup->role_count && broken == NULL; r++)
		broken = claim_check(&m->roles[r], m->now);
	return broken;
}

/* --- kept memory */

static struct voter voter_of(const struct kept_role *kept)
{
	return (struct voter){.holder = kept->holder,
	                      .granted = kept->granted,
	                      .by = kept->by,
	                      .until = kept->until,
	                      .renewed_at = kept->renewed_at,
	                      .endless = kept->endless,
	                      .top = kept->top,
	                      .seen = kept->top};
}

/* One that read another number would take an owner for none, or the reverse. */
static bool its_states_exist(const struct kept_role *kept)
{
	return (unsigned)kept->claim < CLAIM_STATES && (unsigned)kept->phase < ROLE_PHASES;
}

/* Resources are taken over by their epoch. */
static bool what_is_up_has_an_epoch(const struct kept_role *kept)
{
	return kept->phase == PHASE_DOWN ||
	       ((kept->claim == CLAIM_HOLDING || kept->claim == CLAIM_RELEASING) &&
	        kept->claim_epoch > 0);
}

static const char *kept_role_check(const struct kept_role *kept, struct instant now)
{
	struct voter voter = voter_of(kept);
	if (kept->role == 0)
		return "every role has a name";
	if (!its_states_exist(kept))
		return "its states exist";
	if (!what_is_up_has_an_epoch(kept))
		return "what is up has an epoch";
	return voter_check(&voter, now);
}

const char *kept_check(const struct kept *kept, struct instant now)
{
	const char *broken = NULL;
	if (kept->role_count > ROLES_MAX || kept->peer_count > MEMBERS_MAX)
		return "its tables are within their limits";
	for (uint8_t r = 0; r < kept->role_count && broken == NULL; r++)
		broken = kept_role_check(&kept->roles[r], now);
	return broken;
}
