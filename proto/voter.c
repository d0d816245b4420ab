/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why two owners cannot be: two majorities share a voter. Its promise to the first runs from the
 * receipt of a page, the lease which that page supports from its earlier send; the promise outlasts
 * lease and release even with both clocks off by the drift bound; and it does not grant to a second
 * before the promise is over. Each condition below carries a part of this.
 *
 * All of that trusts the first one's host to bring everything down when its lease ends. Where an
 * operator does not trust it so far (`fence = before-takeover`), the promise has no end by time:
 * time proves nothing about a host that nobody hears. It ends when the claimant itself says `none`;
 * when it lives on in a new life, which adopts what it finds, with a claim, or brings it down,
 * before it says its first word; or when it was off after this vote was last renewed. Two
 * majorities still share a voter, so nobody is owner before one of the three is true of the owner
 * before.
 */
#include "proto/voter.h"

#include <assert.h>

bool voter_is_free(const struct voter *voter, struct instant now)
{
	return voter->holder == 0 || (!voter->endless && instant_reached(now, voter->until));
}

/* A standing grant goes on. A seeker's grant is not revived once it ran out: it has not run the
 * role yet, so it can seek again at a new epoch, and another may be waiting. */
static bool renews(const struct voter *voter, const struct bid *bid, struct instant now)
{
	if (voter->holder != bid->claimant || voter->granted != bid->epoch)
		return false;
	return bid->claim != CLAIM_SEEKING || !voter_is_free(voter, now);
}

/* An owner at a later epoch: its majority shares a voter with that of the holder, which was free
 * for a reason; so the claim of the holder, if it ever came to own, has ended, and a promise
 * without an end is one only by time any more. */
static bool is_succeeded(const struct voter *voter, const struct bid *bid, struct instant now)
{
	return bid->claim == CLAIM_HOLDING && bid->epoch > voter->granted &&
	       instant_reached(now, voter->until);
}

static bool refuse(enum refusal_reason *reason, enum refusal_reason why)
{
	*reason = why;
	return false;
}

static bool grants(const struct voter *voter, const struct bid *bid,
                   const struct voter_terms *terms, struct instant now, enum refusal_reason *reason)
{
	if (voter->holder != bid->claimant && !voter_is_free(voter, now) &&
	    !is_succeeded(voter, bid, now))
		return refuse(reason, REFUSED_PROMISED);
	/* An owner that gives up may finish, but gains no voter it has not. */
	if (bid->claim == CLAIM_RELEASING)
		return refuse(reason, REFUSED_PROMISED);
	/* This member does not know what it promised before it lost its memory. */
	if (terms->abstaining)
		return refuse(reason, REFUSED_ABSTAINING);
	/* A reboot starts from the reserved end, so nothing beyond it may be granted. */
	if (bid->epoch > terms->reserved_epoch)
		return refuse(reason, REFUSED_NOT_STORED);
	/* An owner whose vote was forgotten gets it back whatever `top` says: an owner whose lease
	 * ended may only say `releasing`, so this cannot bring an old one back. */
	if (bid->claim == CLAIM_HOLDING)
		return true;
	/* A new owner is another matter: this member may not know which epochs were used and what
	 * operators decided. */
	if (terms->relearning)
		return refuse(reason, REFUSED_RELEARNING);
	if (bid->epoch <= voter->top)
		return refuse(reason, REFUSED_OLD_EPOCH);
	/* An acknowledged command is on the disks of a majority, so of one that would have to vote.
	 */
	if (record_newer(&terms->record, &bid->record))
		return refuse(reason, REFUSED_OLD_RECORD);
	return true;
}

enum vote voter_consider(struct voter *voter, const struct bid *bid,
                         const struct voter_terms *terms, struct instant now,
                         enum refusal_reason *reason)
{
	assert(bid->claim != CLAIM_NONE);
	assert(bid->claimant != 0);
	enum vote vote = VOTE_REFUSED;
	struct instant until = instant_plus(now, bid->promise);
	if (bid->promise.ns > terms->longest_promise.ns) {
		/* After a reboot this member abstains for the longest promise its disk knows of. */
		*reason = REFUSED_NOT_STORED;
	} else if (renews(voter, bid, now)) {
		/* Never shortened: the holder may have lowered its lease since. */
		voter->until = instant_later(voter->until, until);
		voter->by = bid->by;
		voter->renewed_at = now;
		voter->endless |= bid->fences;
		vote = VOTE_RENEWED;
	} else if (grants(voter, bid, terms, now, reason)) {
		bool same = voter->holder == bid->claimant;
		voter->until = same ? instant_later(voter->until, until) : until;
		voter->endless = bid->fences || (same && voter->endless);
		voter->renewed_at = now;
		voter->holder = bid->claimant;
		voter->granted = bid->epoch;
		voter->by = bid->by;
		vote = VOTE_GRANTED;
	}
	/* A seeker that was refused leaves no mark on `top`: it waits, and may be granted the same
	 * epoch when the promise is over. No other can have been granted it by this voter. */
	if (vote != VOTE_REFUSED || bid->claim != CLAIM_SEEKING)
		voter_raise_top(voter, bid->epoch);
	voter_raise_seen(voter, bid->epoch);
	return vote;
}

/*
 * A promise to an earlier life of the claimant ends by time only. The new life may be a clone, with
 * the key and the address of the host that has the role up and is not heard any more now, because
 * its numbers are lower: that the clone has no claim says nothing about that host. A host that
 * really begins anew has lost its kept memory with it, so mostly it was off for longer than the
 * promise. (Nor can the clone seek earlier: it does not know what it promised itself.)
 */
bool voter_free(struct voter *voter, uint64_t claimant, uint32_t incarnation)
{
	assert(claimant != 0);
	if (voter->holder != claimant || voter->by.incarnation != incarnation)
		return false;
	voter->holder = 0;
	return true;
}

/*
 * What the claimant had when it was heard last is gone: its power was cut after that. The life that
 * was off is the one that said it or a later one; a life after that would have to be heard anew,
 * and then `renewed_at` is later. The incarnation alone would not do: a host whose disk was lost
 * begins to count again. The moment alone would; that both must agree costs nothing.
 */
bool voter_hear_off(struct voter *voter, uint64_t claimant, uint32_t incarnation,
                    struct instant off_after)
{
	assert(claimant != 0);
	if (voter->holder != claimant || voter->by.incarnation > incarnation ||
	    !instant_before(voter->renewed_at, off_after))
		return false;
	voter->holder = 0;
	return true;
}

/* Not free at once: this may be the first of several pages, and a later one may tell of a claim. */
void voter_hear_incarnation(struct voter *voter, uint64_t claimant, uint32_t incarnation,
                            struct instant until)
{
	assert(claimant != 0);
	if (voter->holder != claimant || !voter->endless || voter->by.incarnation >= incarnation)
		return;
	voter->endless = false;
	voter->until = instant_later(voter->until, until);
}

void voter_raise_top(struct voter *voter, uint64_t epoch)
{
	if (epoch > voter->top)
		voter->top = epoch;
	voter_raise_seen(voter, epoch);
}

void voter_raise_seen(struct voter *voter, uint64_t epoch)
{
	if (epoch > voter->seen)
		voter->seen = epoch;
}
