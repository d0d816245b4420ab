/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vote of one member in one role: to whom it is promised, at which epoch, until when. The rules
 * that keep a majority from being promised twice stand here and nowhere else. Knows neither peers
 * nor its own member's claim.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/heartbeat.h"
#include "proto/note.h"

struct voter {
	uint64_t holder;      /* member id; 0: nobody since it was freed. See voter_is_free */
	uint64_t granted;     /* epoch of the grant to holder */
	struct stamp by;      /* holder's page that last granted or renewed it */
	struct instant until; /* end of the promise, on this member's own clock */
	/* `by` arrived then, or was sent, if it is of this member itself. */
	struct instant renewed_at;
	/* The promise does not end by time: see voter.c. */
	bool endless;
	uint64_t top;  /* highest epoch ever granted, or heard of an owner; never decreases */
	uint64_t seen; /* highest epoch heard of at all, >= top; what the pages say */
};

/* A claim as a voter hears it, on a page that is fresh (or of this member itself). */
struct bid {
	uint64_t claimant;
	enum claim_state claim; /* never CLAIM_NONE: see voter_free */
	uint64_t epoch;
	struct stamp by;
	struct span promise; /* timing_promise of what that page declared */
	bool fences;         /* whoever follows has to switch the claimant off first */
	struct record record;
};

/* What this member's memory and disk allow its votes to do. */
struct voter_terms {
	bool abstaining;
	bool relearning;
	uint64_t reserved_epoch;     /* on disk */
	struct span longest_promise; /* on disk */
	struct record record;        /* of this role, on disk */
};

enum vote {
	VOTE_REFUSED,
	VOTE_RENEWED,
	VOTE_GRANTED,
};

bool voter_is_free(const struct voter *voter, struct instant now);

/* Decides on a bid; on VOTE_REFUSED *reason says why. */
enum vote voter_consider(struct voter *voter, const struct bid *bid,
                         const struct voter_terms *terms, struct instant now,
                         enum refusal_reason *reason);

/* `claimant` says, on a fresh page of its life `incarnation`, that it has no claim. True if that
 * freed this vote. */
bool voter_free(struct voter *voter, uint64_t claimant, uint32_t incarnation);

/* `claimant` was off at some moment after `off_after`, in its life `incarnation` or a later one.
 * True if that freed this vote. */
bool voter_hear_off(struct voter *voter, uint64_t claimant, uint32_t incarnation,
                    struct instant off_after);

/* `claimant` lives on in life `incarnation`, and says so until now without a claim: a promise
 * without an end to an earlier one ends at `until`. */
void voter_hear_incarnation(struct voter *voter, uint64_t claimant, uint32_t incarnation,
                            struct instant until);

/* Epochs up to here were used by owners; or at least heard of. */
void voter_raise_top(struct voter *voter, uint64_t epoch);
void voter_raise_seen(struct voter *voter, uint64_t epoch);
