/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of a release that nothing has proved. Decides nothing.
 */
#include "proto/note_overdue.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/setup.h"

void note_may_run(const struct words *w, char *out, size_t size)
{
	if (w->note->peer == NO_MEMBER)
		snprintf(out, size,
		         "%s: epoch %" PRIu64
		         " may still run here: nothing proves that it is down, "
		         "%s after its lease ended; others may start it; stop is repeated",
		         w->role, w->note->epoch, w->span);
	else
		snprintf(out, size,
		         "%s: may still run on %s, too: nothing proves there that epoch %" PRIu64
		         " is down",
		         w->role, w->peer, w->note->epoch);
}

void note_proven_down(const struct words *w, char *out, size_t size)
{
	snprintf(out, size, "%s: proven down on %s, where it might still have run", w->role,
	         w->peer);
}
