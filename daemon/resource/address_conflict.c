/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers with a pause that doubles, and is forgotten when it was quiet for long enough.
 */
#include "daemon/resource/address_conflict.h"

#include <stdio.h>
#include <string.h>

static const struct span PAUSE_FIRST = {1000000000LL};
static const struct span PAUSE_LIMIT = {60 * 1000000000LL};
static const struct span QUIET = {5 * 60 * 1000000000LL};

bool address_conflict_hear(struct address_conflict *conflict, const uint8_t station[STATION_BYTES],
                           struct instant now)
{
	const bool is_new =
	    conflict->signs == 0 || instant_since(now, conflict->heard_at).ns >= QUIET.ns;
	conflict->signs++;
	conflict->heard_at = now;
	memcpy(conflict->station, station, STATION_BYTES);
	if (instant_before(now, conflict->answer_at))
		return false;
	conflict->pause = is_new ? PAUSE_FIRST : span_times(conflict->pause, 2);
	if (conflict->pause.ns > PAUSE_LIMIT.ns)
		conflict->pause = PAUSE_LIMIT;
	conflict->answer_at = instant_plus(now, conflict->pause);
	return true;
}

void address_conflict_station(const struct address_conflict *conflict,
                              char text[STATION_TEXT_BYTES])
{
	const uint8_t *s = conflict->station;
	(void)snprintf(text, STATION_TEXT_BYTES, "%02x:%02x:%02x:%02x:%02x:%02x", s[0], s[1], s[2],
	               s[3], s[4], s[5]);
}
