/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts in seconds of the clock; looks at whether repairs help in windows of about a second.
 */
#include "daemon/resource/repairs.h"

#include <stdio.h>
#include <string.h>

static const int64_t SECOND_NS = 1000000000LL;
static const struct span PAUSE_FIRST = {1000000000LL};
static const struct span PAUSE_LIMIT = {60 * 1000000000LL};
static const struct span QUIET = {5 * 60 * 1000000000LL};

static void begin_window(struct repairs *repairs, struct instant now)
{
	repairs->window = now;
	repairs->in_window = 0;
	repairs->away = (struct span){0};
}

/* Over a window that lasted at least a second. */
static bool is_useless(const struct repairs *repairs, struct instant now)
{
	return repairs->in_window >= REPAIRS_MANY &&
	       2 * repairs->away.ns > instant_since(now, repairs->window).ns;
}

bool repairs_begin(struct repairs *repairs, const char *by, struct instant now)
{
	bool fails = false;
	if (repairs->is_open)
		return false;
	if (instant_since(now, repairs->window).ns >= SECOND_NS) {
		fails = is_useless(repairs, now);
		begin_window(repairs, now);
	}
	repairs->is_open = true;
	repairs->misses = 0;
	repairs->gone_at = now;
	(void)snprintf(repairs->by, sizeof repairs->by, "%s", by);
	return fails;
}

struct instant repairs_due(const struct repairs *repairs)
{
	if (repairs->in_window < REPAIRS_AT_ONCE)
		return INSTANT_PAST;
	return instant_plus(repairs->back_at, span_ms(REPAIRS_PAUSE_MS));
}

bool repairs_miss(struct repairs *repairs)
{
	return repairs->is_open && ++repairs->misses < REPAIRS_TRIES;
}

/* Empties the seconds that nothing was counted in. */
static void turn_to(struct repairs *repairs, int64_t second)
{
	if (second - repairs->second >= REPAIRS_MINUTE_S)
		memset(repairs->counts, 0, sizeof repairs->counts);
	else
		for (int64_t s = repairs->second + 1; s <= second; s++)
			repairs->counts[s % REPAIRS_MINUTE_S] = 0;
	repairs->second = second;
}

bool repairs_end(struct repairs *repairs, struct instant now)
{
	if (!repairs->is_open)
		return false;
	turn_to(repairs, now.ns / SECOND_NS);
	if (repairs->counts[repairs->second % REPAIRS_MINUTE_S] < UINT16_MAX)
		repairs->counts[repairs->second % REPAIRS_MINUTE_S]++;
	/* After a long quiet a repair is reported at once, like the first one. */
	if (repairs->total > 0 && instant_since(now, repairs->back_at).ns >= QUIET.ns)
		repairs->pause = (struct span){0};
	repairs->is_open = false;
	repairs->back_at = now;
	repairs->total++;
	repairs->in_window++;
	repairs->away = span_plus(repairs->away, instant_since(now, repairs->gone_at));
	return instant_reached(now, repairs_tell_at(repairs));
}

void repairs_give_up(struct repairs *repairs)
{
	repairs->is_open = false;
}

struct instant repairs_tell_at(const struct repairs *repairs)
{
	if (repairs->total == repairs->told)
		return INSTANT_NEVER;
	return repairs->pause.ns == 0 ? INSTANT_PAST : repairs->tell_at;
}

bool repairs_tell(struct repairs *repairs, struct instant now)
{
	const bool is_first = repairs->pause.ns == 0;
	repairs->told = repairs->total;
	repairs->pause = is_first ? PAUSE_FIRST : span_times(repairs->pause, 2);
	if (repairs->pause.ns > PAUSE_LIMIT.ns)
		repairs->pause = PAUSE_LIMIT;
	repairs->tell_at = instant_plus(now, repairs->pause);
	return is_first;
}

unsigned repairs_last_minute(const struct repairs *repairs, struct instant now)
{
	struct repairs turned = *repairs;
	unsigned count = 0;
	turn_to(&turned, now.ns / SECOND_NS);
	for (unsigned i = 0; i < REPAIRS_MINUTE_S; i++)
		count += turned.counts[i];
	return count;
}

void repairs_text(const struct repairs *repairs, struct instant now, char text[REPAIRS_TEXT_BYTES])
{
	const unsigned count = repairs_last_minute(repairs, now);
	text[0] = '\0';
	if (count > 0)
		(void)snprintf(text, REPAIRS_TEXT_BYTES, "removed %u time%s in the last minute%s%s",
		               count, count == 1 ? "" : "s",
		               repairs->by[0] != '\0' ? "; last by " : "", repairs->by);
}
