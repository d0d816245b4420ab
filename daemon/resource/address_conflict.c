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

bool rivalry_hear(struct rivalry *rivalry, const uint8_t station[STATION_BYTES], struct instant now)
{
	const bool is_new =
	    rivalry->signs == 0 || instant_since(now, rivalry->heard_at).ns >= QUIET.ns;
	rivalry->signs++;
	rivalry->heard_at = now;
	memcpy(rivalry->station, station, STATION_BYTES);
	if (instant_before(now, rivalry->answer_at))
		return false;
	rivalry->pause = is_new ? PAUSE_FIRST : span_times(rivalry->pause, 2);
	if (rivalry->pause.ns > PAUSE_LIMIT.ns)
		rivalry->pause = PAUSE_LIMIT;
	rivalry->answer_at = instant_plus(now, rivalry->pause);
	return true;
}

void rivalry_station(const struct rivalry *rivalry, char text[STATION_TEXT_BYTES])
{
	const uint8_t *s = rivalry->station;
	(void)snprintf(text, STATION_TEXT_BYTES, "%02x:%02x:%02x:%02x:%02x:%02x", s[0], s[1], s[2],
	               s[3], s[4], s[5]);
}
