/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences about a role on this member: votes, leases, starts, releases, commands.
 */
#include "proto/note_role.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/note.h"
#include "proto/note_text.h"

void note_seeking(const struct words *w, char *out, size_t size)
{
	char higher[48];
	snprintf(higher, sizeof higher, "%" PRIu32 " higher-ranked candidate%s", w->note->count,
	         w->note->count == 1 ? "" : "s");
	snprintf(out, size, "%s: requesting votes at epoch %" PRIu64 ": no owner; %s", w->role,
	         w->note->epoch, w->note->count == 0 ? "highest-ranked candidate" : higher);
}

void note_withdrawn(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: withdrawn from epoch %" PRIu64 ": %" PRIu32 " of %" PRIu32 " votes", w->role,
	         w->note->epoch, w->note->count, w->note->total);
}

void note_taken(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: acquired at epoch %" PRIu64 ": %" PRIu32 " of %" PRIu32 " votes, lease %s",
	         w->role, w->note->epoch, w->note->count, w->note->total, w->span);
}

void note_shared(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: a resource that this file adds to it may still be up in another role, as the "
	         "file of another node has it: started when that node has taken over this file",
	         w->role);
}

void note_up(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: up at epoch %" PRIu64 ", %s after it was acquired", w->role,
	         w->note->epoch, w->span);
}

void note_granted(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: vote granted to %s at epoch %" PRIu64 ", promised for %s", w->role,
	         w->peer, w->note->epoch, w->span);
}

void note_refused(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: no vote for %s at epoch %" PRIu64 ": %s", w->role, w->peer,
	         w->note->epoch, note_refusal_text(w->note->detail));
}

void note_lease_over(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: lease expired at epoch %" PRIu64 ": no quorum for %s; "
	         "forcing release",
	         w->role, w->note->epoch, w->span);
}

void note_lease_short(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: the lease of epoch %" PRIu64
	         " ended soon after it was won: this node waits %s "
	         "before it tries again; does the lease fit the round trips and the loss to the "
	         "voters?",
	         w->role, w->note->epoch, w->span);
}

void note_releasing(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: releasing at epoch %" PRIu64 ": %s%s%s", w->role, w->note->epoch,
	         note_release_text(w->note->detail), w->note->peer == NO_MEMBER ? "" : "; next is ",
	         w->note->peer == NO_MEMBER ? "" : w->peer);
}

void note_released(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: released epoch %" PRIu64 " after %s%s%s", w->role, w->note->epoch,
	         w->span, w->note->peer == NO_MEMBER ? "" : ", for ",
	         w->note->peer == NO_MEMBER ? "" : w->peer);
}

void note_failed_here(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: failed on this node at epoch %" PRIu64 " (%" PRIu32 " time%s); will not be "
	         "retried here for %s",
	         w->role, w->note->epoch, w->note->count, w->note->count == 1 ? "" : "s", w->span);
}

void note_unfit(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: this node cannot own it: %s", w->role,
	         unfit_word((enum unfit)w->note->detail));
}

void note_fit(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: this node can own it", w->role);
}

void note_wanted(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: wanted %s, asked on %s", w->role,
	         wanted_word((enum wanted)w->note->detail), w->peer);
}

void note_cleared(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: failures cleared, asked on %s: will be retried", w->role, w->peer);
}

void note_owner_seen(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: %s owns it at epoch %" PRIu64, w->role, w->peer, w->note->epoch);
}

void note_unowned(const struct words *w, char *out, size_t size)
{
	bool is_unfit = w->note->detail == OBSTACLE_UNFIT;
	snprintf(out, size, "%s: no owner for %s; this node cannot take it: %s%s%s", w->role,
	         w->span, obstacle_text((enum obstacle)w->note->detail), is_unfit ? ": " : "",
	         is_unfit ? unfit_word((enum unfit)w->note->count) : "");
}
