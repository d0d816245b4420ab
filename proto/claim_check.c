/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a claim. They say that nothing is up without a claim that others know of,
 * and that no claim outlives its lease unnoticed. See election.c for the states, lease.c for the
 * lease.
 */
#include "proto/claim_check.h"

#include <stddef.h>

/* What others hear as `none` frees their promises, and another member may start the role. */
static bool nothing_is_up_without_a_claim(const struct role *role)
{
	return role->phase == PHASE_DOWN || role->claim.state == CLAIM_HOLDING ||
	       role->claim.state == CLAIM_RELEASING;
}

/* Who gives the role up has asked for its end, and for nothing else since. */
static bool a_release_stops_the_resources(const struct role *role)
{
	return role->claim.state != CLAIM_RELEASING || role->phase == PHASE_STOPPING;
}

/* Only what is to be down is told of as what may still run. */
static bool what_may_run_is_being_released(const struct role *role)
{
	return !role->claim.may_run || role->claim.state == CLAIM_RELEASING;
}

/* Every grant is for an epoch. */
static bool a_claim_has_an_epoch(const struct role *role)
{
	return role->claim.state == CLAIM_NONE || role->claim.epoch > 0;
}

/* The next attempt takes an epoch above what the own voter has seen, so no epoch is tried twice. */
static bool the_own_voter_has_seen_the_epoch(const struct role *role)
{
	return role->claim.state == CLAIM_NONE || role->claim.epoch <= role->voter.seen;
}

/* A lease that ended is noticed in the step that comes after its end, and then it is no longer
 * `holding` that the pages say: a voter would grant that anew. */
static bool an_owner_has_a_lease(const struct role *role, struct instant now)
{
	return role->claim.state != CLAIM_HOLDING || instant_before(now, role->claim.lease_end);
}

/* A majority answered something that this member had sent. */
static bool a_lease_was_confirmed_before_now(const struct role *role, struct instant now)
{
	return role->claim.state != CLAIM_HOLDING || instant_reached(now, role->claim.confirmed_at);
}

/* Nobody seeks for ever: others wait for a seeker. */
static bool a_seeker_withdraws_in_time(const struct role *role, struct instant now)
{
	return role->claim.state != CLAIM_SEEKING ||
	       instant_before(now, role->claim.candidacy_deadline);
}

/* An answer says what a majority stored under this member's lease. */
static bool only_an_owner_carries_out_commands(const struct role *role)
{
	return !role->operation.active || role->claim.state == CLAIM_HOLDING;
}

/* What the pages say is on disk was known before it was written. */
static bool the_disk_knows_nothing_newer(const struct role *role)
{
	return !record_newer(&role->stored, &role->record);
}

const char *claim_check(const struct role *role, struct instant now)
{
	if (!nothing_is_up_without_a_claim(role))
		return "nothing is up without a claim";
	if (!a_release_stops_the_resources(role))
		return "a release stops the resources";
	if (!what_may_run_is_being_released(role))
		return "what may run is being released";
	if (!a_claim_has_an_epoch(role))
		return "a claim has an epoch";
	if (!the_own_voter_has_seen_the_epoch(role))
		return "the own voter has seen the epoch";
	if (!an_owner_has_a_lease(role, now))
		return "an owner has a lease";
	if (!a_lease_was_confirmed_before_now(role, now))
		return "a lease was confirmed before now";
	if (!a_seeker_withdraws_in_time(role, now))
		return "a seeker withdraws in time";
	if (!only_an_owner_carries_out_commands(role))
		return "only an owner carries out commands";
	if (!the_disk_knows_nothing_newer(role))
		return "the disk knows nothing newer";
	return NULL;
}
