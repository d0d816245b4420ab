/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences about switching hosts off, one function each; note.c names them.
 */
#include "proto/note_fence.h"

#include <inttypes.h>
#include <stdio.h>

void note_fencing(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s: switching %s off (incarnation %" PRIu64
	         ", at most %s): it may still run the role, though it has had no majority for a "
	         "lease",
	         w->role, w->peer, w->note->epoch, w->span);
}

void note_fenced(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s is fenced, power-off confirmed after %s: what it was promised up to "
	         "incarnation %" PRIu64 " is free",
	         w->peer, w->span, w->note->epoch);
}

void note_fence_failed(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s could not be fenced (%" PRIu32
	         " time%s in a row); takes nothing over from it, tries again in %s",
	         w->peer, w->note->count, w->note->count == 1 ? "" : "s", w->span);
}

void note_fence_cancelled(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s need not be switched off any more; it is too late if its agent has done it",
	         w->peer);
}

void note_freed_by_off(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: vote for %s at epoch %" PRIu64 " is free: %s had it switched off",
	         w->role, w->peer, w->note->epoch, w->other);
}

void note_not_off(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s was not fenced: its fence agent reported success but the node is alive, or it "
	         "controls another host; nothing that is fenced is safe until that is repaired",
	         w->peer);
}

void note_called_off(const struct words *w, char *out, size_t size)
{
	snprintf(out, size,
	         "%s says that this host was fenced, and it is alive: the fence agent for this "
	         "host reported success without effect, or controls another one; nothing that is "
	         "fenced is safe until that is repaired",
	         w->peer);
}
