/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function for each sentence, and the table that names them; see note.h.
 */
#include "proto/note.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "proto/note_clock.h"
#include "proto/note_fence.h"
#include "proto/note_overdue.h"
#include "proto/note_text.h"

static void span_words(struct span span, char *out, size_t size)
{
	int64_t us = (span.ns < 0 ? 0 : span.ns) / 1000;
	bool is_short = us < 10000000;
	if (us < 10000)
		snprintf(out, size, "%" PRId64 ".%03" PRId64 " ms", us / 1000, us % 1000);
	else
		snprintf(out, size, "%" PRId64 " %s", us / (is_short ? 1000 : 1000000),
		         is_short ? "ms" : "s");
}

static const char *name_of(const struct setup *setup, uint8_t member)
{
	return member < setup->member_count ? setup->members[member].name : "nobody";
}

static void words_of(const struct setup *setup, const struct note *note, struct words *words)
{
	words->note = note;
	uint8_t role = setup_role_of(setup, note->role);
	if (note->role == 0)
		words->role[0] = '\0';
	else if (role < setup->role_count)
		snprintf(words->role, sizeof words->role, "%s", setup->roles[role].name);
	else
		snprintf(words->role, sizeof words->role, "role-%016" PRIx64, note->role);
	words->peer = name_of(setup, note->peer);
	words->other = name_of(setup, note->other);
	span_words(note->span, words->span, sizeof words->span);
}

static void joined(const struct words *w, char *out, size_t size)
{
	bool waits = w->note->span.ns > 0;
	snprintf(out, size, "joined as incarnation %" PRIu64 "; %s%s%s", w->note->epoch,
	         waits ? "grants nothing new for " : "goes on with what the life before it ",
	         waits ? w->span : "promised and owned",
	         waits ? ", as it does not know what it promised before" : "");
}

static void state_lost(const struct words *w, char *out, size_t size)
{
	(void)w;
	snprintf(out, size,
	         "no usable state is stored here: starts as new and does not vote until "
	         "it has learned epochs and commands from enough other members");
}

static void relearned(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "learned what it had lost from %" PRIu32 " other member%s",
	         w->note->count, w->note->count == 1 ? "" : "s");
}

static void abstention_over(const struct words *w, char *out, size_t size)
{
	(void)w;
	snprintf(out, size, "may vote: every promise given before the start is over");
}

static void peer_heard(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s is reachable (incarnation %" PRIu64 ")", w->peer, w->note->epoch);
}

static void peer_silent(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s is silent: nothing heard for %s", w->peer, w->span);
}

static void peer_leaving(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s says that it is shutting down", w->peer);
}

static void peer_one_way(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s is heard but does not hear this member: look at the network from here to %s",
	         w->peer, w->peer);
}

static void voters_differ(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s counts with another set of voters: its votes do not count here, nor "
	         "ours there",
	         w->peer);
}

static void config_differs(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s has another configuration file: make them equal", w->peer);
}

static void file_voters_differ(const struct words *w, char *out, size_t size)
{
	(void)w;
	snprintf(out, size,
	         "the configuration file names other voters than this cluster was "
	         "started with; going on with the old ones (to change them: adopt-voters)");
}

static void quorum_seen(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "quorum: %" PRIu32 " of %" PRIu32 " voters are reachable",
	         w->note->count, w->note->total);
}

static void quorum_lost(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "no quorum: only %" PRIu32 " of %" PRIu32 " voters are reachable; "
	         "nothing can be taken over here",
	         w->note->count, w->note->total);
}

static void seeking(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: seeking at epoch %" PRIu64 ": nobody holds it, %" PRIu32
	         " node%s would come first",
	         w->role, w->note->epoch, w->note->count, w->note->count == 1 ? "" : "s");
}

static void withdrawn(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: withdrawn from epoch %" PRIu64 ": %" PRIu32 " of %" PRIu32 " votes", w->role,
	         w->note->epoch, w->note->count, w->note->total);
}

static void taken(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: taken at epoch %" PRIu64 ": %" PRIu32 " of %" PRIu32 " votes, lease %s",
	         w->role, w->note->epoch, w->note->count, w->note->total, w->span);
}

static void shared(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: a resource that this file adds to it may still be up in another role, as the "
	         "file of another node has it: started when that node has taken over this file",
	         w->role);
}

static void up(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: up at epoch %" PRIu64 ", %s after it was taken", w->role,
	         w->note->epoch, w->span);
}

static void granted(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: vote granted to %s at epoch %" PRIu64 ", promised for %s", w->role,
	         w->peer, w->note->epoch, w->span);
}

static void refused(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: no vote for %s at epoch %" PRIu64 ": %s", w->role, w->peer,
	         w->note->epoch, note_refusal_text(w->note->detail));
}

static void lease_over(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: lease over at epoch %" PRIu64 ": no majority answered for %s; "
	         "releasing by force",
	         w->role, w->note->epoch, w->span);
}

static void lease_short(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: the lease of epoch %" PRIu64
	         " ended soon after it was won: this node waits %s "
	         "before it tries again; does the lease fit the round trips and the loss to the "
	         "voters?",
	         w->role, w->note->epoch, w->span);
}

static void too_far(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "this node can own nothing: the round trip to a majority of the voters is longer "
	         "than half the lease of %s; make the lease longer",
	         w->span);
}

static void near_enough(const struct words *w, char *out, size_t size)
{
	(void)w;
	snprintf(out, size, "a majority of the voters answers in time for the lease again");
}

static void promise_lapsed(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "every longer promise is over: after a reboot this member abstains for %s",
	         w->span);
}

static void releasing(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: releasing at epoch %" PRIu64 ": %s%s%s", w->role, w->note->epoch,
	         note_release_text(w->note->detail), w->note->peer == NO_MEMBER ? "" : "; next is ",
	         w->note->peer == NO_MEMBER ? "" : w->peer);
}

static void released(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: released epoch %" PRIu64 " after %s%s%s", w->role, w->note->epoch,
	         w->span, w->note->peer == NO_MEMBER ? "" : ", for ",
	         w->note->peer == NO_MEMBER ? "" : w->peer);
}

static void failed_here(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: failed here at epoch %" PRIu64 " (%" PRIu32 " time%s); tries here "
	         "again in %s at the earliest",
	         w->role, w->note->epoch, w->note->count, w->note->count == 1 ? "" : "s", w->span);
}

static void unfit(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: this node cannot own it: %s", w->role,
	         unfit_word((enum unfit)w->note->detail));
}

static void fit(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: this node can own it", w->role);
}

static void wanted(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: wanted %s, asked on %s", w->role,
	         wanted_word((enum wanted)w->note->detail), w->peer);
}

static void paused(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "paused, asked on %s: takes no role it does not own", w->peer);
}

static void resumed(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "resumed, asked on %s", w->peer);
}

static void cleared(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: failures cleared, asked on %s: tried again", w->role, w->peer);
}

static void request_refused(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s asked on %s is refused: %s", w->role,
	         w->role[0] == '\0' ? "" : ": ", request_word((enum request_kind)w->note->count),
	         w->peer, verdict_word((enum verdict)w->note->detail));
}

static void incarnation_taken(const struct words *w, char *out, size_t size)
{
	/* Once or twice is a disk that was lost or put back. */
	if (w->note->count > 2)
		snprintf(out, size,
		         "another machine speaks with this member's key from its address: stop one "
		         "of the two, and give a clone a key of its own; goes on as incarnation "
		         "%" PRIu64,
		         w->note->epoch);
	else
		snprintf(out, size,
		         "others know a later life of this member: goes on as incarnation %" PRIu64,
		         w->note->epoch);
}

static void epochs_reserved(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "epochs up to %" PRIu64 " are being reserved on disk", w->note->epoch);
}

static void owner_seen(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: %s owns it at epoch %" PRIu64, w->role, w->peer, w->note->epoch);
}

static void pause_noticed(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "this process did not run for %s; starts nothing before a majority "
	         "confirms",
	         w->span);
}

static void unowned(const struct words *w, char *out, size_t size)
{
	bool is_unfit = w->note->detail == OBSTACLE_UNFIT;
	snprintf(out, size, "%s: nobody has owned it for %s; this node cannot take it: %s%s%s",
	         w->role, w->span, obstacle_text((enum obstacle)w->note->detail),
	         is_unfit ? ": " : "", is_unfit ? unfit_word((enum unfit)w->note->count) : "");
}

static void clock_stood(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "the clock of this host stood still for %s, as that of a paused virtual machine; "
	         "every lease is over that much earlier",
	         w->span);
}

static const struct sentence {
	enum note_level level;
	void (*write)(const struct words *words, char *out, size_t size);
} sentences[NOTES] = {
    [NOTE_JOINED] = {LEVEL_INFO, joined},
    [NOTE_STATE_LOST] = {LEVEL_WARNING, state_lost},
    [NOTE_RELEARNED] = {LEVEL_INFO, relearned},
    [NOTE_ABSTENTION_OVER] = {LEVEL_INFO, abstention_over},
    [NOTE_PEER_HEARD] = {LEVEL_INFO, peer_heard},
    [NOTE_PEER_SILENT] = {LEVEL_WARNING, peer_silent},
    [NOTE_PEER_LEAVING] = {LEVEL_INFO, peer_leaving},
    [NOTE_PEER_ONE_WAY] = {LEVEL_WARNING, peer_one_way},
    [NOTE_VOTERS_DIFFER] = {LEVEL_ERROR, voters_differ},
    [NOTE_CONFIG_DIFFERS] = {LEVEL_WARNING, config_differs},
    [NOTE_FILE_VOTERS_DIFFER] = {LEVEL_ERROR, file_voters_differ},
    [NOTE_QUORUM_SEEN] = {LEVEL_INFO, quorum_seen},
    [NOTE_QUORUM_LOST] = {LEVEL_ERROR, quorum_lost},
    [NOTE_SEEKING] = {LEVEL_INFO, seeking},
    [NOTE_WITHDRAWN] = {LEVEL_INFO, withdrawn},
    [NOTE_TAKEN] = {LEVEL_WARNING, taken},
    [NOTE_UP] = {LEVEL_WARNING, up},
    [NOTE_GRANTED] = {LEVEL_INFO, granted},
    [NOTE_REFUSED] = {LEVEL_INFO, refused},
    [NOTE_LEASE_OVER] = {LEVEL_ERROR, lease_over},
    [NOTE_LEASE_SHORT] = {LEVEL_WARNING, lease_short},
    [NOTE_TOO_FAR] = {LEVEL_ERROR, too_far},
    [NOTE_NEAR_ENOUGH] = {LEVEL_INFO, near_enough},
    [NOTE_PROMISE_LAPSED] = {LEVEL_INFO, promise_lapsed},
    [NOTE_RELEASING] = {LEVEL_WARNING, releasing},
    [NOTE_RELEASED] = {LEVEL_WARNING, released},
    [NOTE_FAILED_HERE] = {LEVEL_ERROR, failed_here},
    [NOTE_UNFIT] = {LEVEL_WARNING, unfit},
    [NOTE_FIT] = {LEVEL_INFO, fit},
    [NOTE_WANTED] = {LEVEL_WARNING, wanted},
    [NOTE_PAUSED] = {LEVEL_WARNING, paused},
    [NOTE_RESUMED] = {LEVEL_WARNING, resumed},
    [NOTE_CLEARED] = {LEVEL_WARNING, cleared},
    [NOTE_REQUEST_REFUSED] = {LEVEL_WARNING, request_refused},
    [NOTE_INCARNATION_TAKEN] = {LEVEL_WARNING, incarnation_taken},
    [NOTE_EPOCHS_RESERVED] = {LEVEL_DEBUG, epochs_reserved},
    [NOTE_SHARED] = {LEVEL_WARNING, shared},
    [NOTE_OWNER_SEEN] = {LEVEL_WARNING, owner_seen},
    [NOTE_PAUSE_NOTICED] = {LEVEL_WARNING, pause_noticed},
    [NOTE_UNOWNED] = {LEVEL_ERROR, unowned},
    [NOTE_FENCING] = {LEVEL_WARNING, note_fencing},
    [NOTE_FENCED] = {LEVEL_WARNING, note_fenced},
    [NOTE_FENCE_FAILED] = {LEVEL_ERROR, note_fence_failed},
    [NOTE_FENCE_CANCELLED] = {LEVEL_WARNING, note_fence_cancelled},
    [NOTE_FREED_BY_OFF] = {LEVEL_WARNING, note_freed_by_off},
    [NOTE_NOT_OFF] = {LEVEL_ERROR, note_not_off},
    [NOTE_CALLED_OFF] = {LEVEL_ERROR, note_called_off},
    [NOTE_CLOCK_STOOD] = {LEVEL_WARNING, clock_stood},
    [NOTE_CLOCK_SLEWED] = {LEVEL_WARNING, note_clock_slewed},
    [NOTE_CLOCK_STEADY] = {LEVEL_INFO, note_clock_steady},
    [NOTE_MAY_RUN] = {LEVEL_ERROR, note_may_run},
    [NOTE_PROVEN_DOWN] = {LEVEL_WARNING, note_proven_down},
};

enum note_level note_level(const struct note *note)
{
	assert((unsigned)note->kind < NOTES);
	return sentences[note->kind].level;
}

void note_format(const struct setup *setup, const struct note *note, char *out, size_t size)
{
	struct words words;
	assert((unsigned)note->kind < NOTES);
	words_of(setup, note, &words);
	sentences[note->kind].write(&words, out, size);
}
