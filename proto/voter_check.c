/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a vote. Each follows from voter.c; together they say that a promise can
 * be dated, that it is to somebody, and that its epoch will not be given away again.
 */
#include "proto/voter_check.h"

#include <stddef.h>

/* An epoch is given once: `top` refuses what it covers, so it covers what was given. */
static bool a_granted_epoch_is_covered_by_top(const struct voter *voter)
{
	return voter->granted <= voter->top;
}

/* A seeker takes an epoch above all that the pages say was seen, so they never say less than what
 * was used. */
static bool top_is_covered_by_what_was_seen(const struct voter *voter)
{
	return voter->top <= voter->seen;
}

/* Epoch 0 and incarnation 0 mean "none"; a lease counts a vote only by both. */
static bool a_promise_names_its_epoch_and_page(const struct voter *voter)
{
	return voter->holder == 0 || (voter->granted > 0 && voter->by.incarnation > 0);
}

/* A promise runs from the receipt of a page, so it was renewed before it ends, ... */
static bool a_promise_ends_after_it_was_renewed(const struct voter *voter)
{
	return voter->holder == 0 || !instant_before(voter->until, voter->renewed_at);
}

/* ... and nothing was received in the future. */
static bool a_promise_was_renewed_before_now(const struct voter *voter, struct instant now)
{
	return voter->holder == 0 || instant_reached(now, voter->renewed_at);
}

const char *voter_check(const struct voter *voter, struct instant now)
{
	if (!a_granted_epoch_is_covered_by_top(voter))
		return "a granted epoch is covered by top";
	if (!top_is_covered_by_what_was_seen(voter))
		return "top is covered by what was seen";
	if (!a_promise_names_its_epoch_and_page(voter))
		return "a promise names its epoch and page";
	if (!a_promise_ends_after_it_was_renewed(voter))
		return "a promise ends after it was renewed";
	if (!a_promise_was_renewed_before_now(voter, now))
		return "a promise was renewed before now";
	return NULL;
}
