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
#include "proto/note_role.h"
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
	         waits ? "grants nothing new for "
	               : "continues with what the incarnation before it ",
	         waits ? w->span : "promised and owned",
	         waits ? ", as it does not know what it promised before" : "");
}

static void state_lost(const struct words *w, char *out, size_t size)
{
	(void)w;
	snprintf(out, size,
	         "no usable state is stored here: starts empty and does not vote until "
	         "it has learned epochs and commands from enough other members");
}

static void relearned(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "recovered what it had lost from %" PRIu32 " other member%s",
	         w->note->count, w->note->count == 1 ? "" : "s");
}

static void abstention_over(const struct words *w, char *out, size_t size)
{
	(void)w;
	snprintf(out, size, "may vote: every promise given before the start has expired");
}

static void peer_heard(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s is reachable (incarnation %" PRIu64 ")", w->peer, w->note->epoch);
}

static void peer_silent(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s is unreachable: no heartbeat for %s", w->peer, w->span);
}

static void peer_leaving(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s is shutting down", w->peer);
}

static void peer_one_way(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s is heard but does not hear this member: look at the network from here to %s",
	         w->peer, w->peer);
}

static void path_silent(const struct words *w, char *out, size_t size)
{
	if (w->note->peer == NO_MEMBER)
		snprintf(out, size,
		         "network %" PRIu32
		         " is silent: no member is heard on it for %s, and they are "
		         "on others; look at its cable and switch",
		         w->note->count, w->span);
	else
		snprintf(out, size, "network %" PRIu32 " to %s is silent: not heard on it for %s",
		         w->note->count, w->peer, w->span);
}

static void path_heard(const struct words *w, char *out, size_t size)
{
	bool is_all = w->note->peer == NO_MEMBER;
	snprintf(out, size, "network %" PRIu32 "%s%s works again", w->note->count,
	         is_all ? "" : " to ", is_all ? "" : w->peer);
}

static void voters_differ(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s has a different voter set: its votes do not count here, nor "
	         "ours there",
	         w->peer);
}

static void config_differs(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s has a different configuration: deploy the same file", w->peer);
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
	         "no role can be acquired here",
	         w->note->count, w->note->total);
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
	         "every longer promise has expired: after a reboot this member abstains for %s",
	         w->span);
}

static void paused(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "paused, asked on %s: acquires no role", w->peer);
}

static void resumed(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "resumed, asked on %s", w->peer);
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
		         "of the two, and give a clone a key of its own; continues as incarnation "
		         "%" PRIu64,
		         w->note->epoch);
	else
		snprintf(out, size,
		         "peers have seen a later incarnation of this member: continues as "
		         "incarnation %" PRIu64,
		         w->note->epoch);
}

static void epochs_reserved(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "epochs up to %" PRIu64 " are being reserved on disk", w->note->epoch);
}

static void pause_noticed(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "this process was not scheduled for %s; starts nothing until a majority "
	         "confirms",
	         w->span);
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
    [NOTE_SEEKING] = {LEVEL_INFO, note_seeking},
    [NOTE_WITHDRAWN] = {LEVEL_INFO, note_withdrawn},
    [NOTE_TAKEN] = {LEVEL_WARNING, note_taken},
    [NOTE_UP] = {LEVEL_WARNING, note_up},
    [NOTE_GRANTED] = {LEVEL_INFO, note_granted},
    [NOTE_REFUSED] = {LEVEL_INFO, note_refused},
    [NOTE_LEASE_OVER] = {LEVEL_ERROR, note_lease_over},
    [NOTE_LEASE_SHORT] = {LEVEL_WARNING, note_lease_short},
    [NOTE_TOO_FAR] = {LEVEL_ERROR, too_far},
    [NOTE_NEAR_ENOUGH] = {LEVEL_INFO, near_enough},
    [NOTE_PROMISE_LAPSED] = {LEVEL_INFO, promise_lapsed},
    [NOTE_RELEASING] = {LEVEL_WARNING, note_releasing},
    [NOTE_RELEASED] = {LEVEL_WARNING, note_released},
    [NOTE_FAILED_HERE] = {LEVEL_ERROR, note_failed_here},
    [NOTE_UNFIT] = {LEVEL_WARNING, note_unfit},
    [NOTE_FIT] = {LEVEL_INFO, note_fit},
    [NOTE_WANTED] = {LEVEL_WARNING, note_wanted},
    [NOTE_PAUSED] = {LEVEL_WARNING, paused},
    [NOTE_RESUMED] = {LEVEL_WARNING, resumed},
    [NOTE_CLEARED] = {LEVEL_WARNING, note_cleared},
    [NOTE_REQUEST_REFUSED] = {LEVEL_WARNING, request_refused},
    [NOTE_INCARNATION_TAKEN] = {LEVEL_WARNING, incarnation_taken},
    [NOTE_EPOCHS_RESERVED] = {LEVEL_DEBUG, epochs_reserved},
    [NOTE_SHARED] = {LEVEL_WARNING, note_shared},
    [NOTE_OWNER_SEEN] = {LEVEL_WARNING, note_owner_seen},
    [NOTE_PAUSE_NOTICED] = {LEVEL_WARNING, pause_noticed},
    [NOTE_UNOWNED] = {LEVEL_ERROR, note_unowned},
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
    [NOTE_PATH_SILENT] = {LEVEL_WARNING, path_silent},
    [NOTE_PATH_HEARD] = {LEVEL_INFO, path_heard},
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
