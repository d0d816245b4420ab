/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of a clock that a time daemon slews. Decides nothing.
 */
#include "proto/note_clock.h"

#include <stdio.h>

#include "proto/limits.h"

void note_clock_slewed(const struct words *w, char *out, size_t size)
{
	const uint32_t ppm = w->note->count;

	snprintf(out, size,
	         "the clock of this host runs %u.%u %% %s, more than the %d %% that promises allow "
	         "for: a time daemon slews it (chrony: maxslewrate); %s meanwhile",
	         ppm / 10000, ppm / 1000 % 10, w->note->detail == 1 ? "fast" : "slow",
	         DRIFT_PER_MILLE / 10,
	         w->note->detail == 1 ? "promises are longer" : "leases are shorter");
}

void note_clock_steady(const struct words *w, char *out, size_t size)
{
	(void)w;
	snprintf(out, size, "the clock of this host runs at its own rate again");
}
