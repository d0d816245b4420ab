/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often something of ours that somebody else removes is put back, when, and whether that still
 * helps. Pure: knows neither what it is nor who removes it.
 *
 * A repair is not a failure: the thing is back before anybody misses it, however often that
 * happens, and to move the role would cost more than all of them. Three limits keep somebody who
 * removes it for ever from doing harm. The log gets the first repair and then counts, more and more
 * rarely. Beyond REPAIRS_AT_ONCE in a second repairs are REPAIRS_PAUSE_MS apart, which bounds what
 * they cost. And what is gone for more than half of a second although it is put back all the time
 * is not usable here: that is a failure like any other, and another node may do better.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/clock.h"

enum {
	REPAIRS_MINUTE_S = 60,
	REPAIRS_AT_ONCE = 50, /* in a second; each may cost two milliseconds of a processor */
	REPAIRS_PAUSE_MS = 8,
	/* In a second: fewer than this may be one long pause of this process, and prove nothing. */
	REPAIRS_MANY = 20,
	REPAIRS_TRIES = 5, /* of one repair */
	REPAIRS_BY_BYTES = 48,
	REPAIRS_TEXT_BYTES = 128,
};

/* All zero: there was none. */
struct repairs {
	bool is_open;              /* it is gone, and not put back yet */
	unsigned misses;           /* of this repair */
	struct instant gone_at;    /* of the last */
	struct instant back_at;    /* likewise, when it was put back */
	char by[REPAIRS_BY_BYTES]; /* likewise, who removed it; "": not known */
	uint32_t total, told;      /* of all; of those the log has */
	int64_t second;            /* of the clock; the newest that `counts` holds */
	uint16_t counts[REPAIRS_MINUTE_S];
	struct instant window; /* the second in which is looked at whether they help */
	uint32_t in_window;
	struct span away;       /* in that window */
	struct instant tell_at; /* not before */
	struct span pause;      /* between the last line and that */
};

/* It is gone, though it should be here; nothing while it is known to be. `by` may be "". True: the
 * repairs do not help, which is to be treated as a failure. */
bool repairs_begin(struct repairs *repairs, const char *by, struct instant now);
/* When it may be put back; in the past or not after `now`: at once. */
struct instant repairs_due(const struct repairs *repairs);
/* It could not be put back. True: to be tried again, as it may have been removed in the middle of
 * that; false: that was tried often enough. */
bool repairs_miss(struct repairs *repairs);
/* It is back. True: repairs_tell is due. */
bool repairs_end(struct repairs *repairs, struct instant now);
/* It is not to be put back any more. */
void repairs_give_up(struct repairs *repairs);

/* When the log is to be told of repairs that it has not been told of; INSTANT_NEVER: it knows all.
 */
struct instant repairs_tell_at(const struct repairs *repairs);
/* Told now. True: as the first of its kind; false: as a count. */
bool repairs_tell(struct repairs *repairs, struct instant now);

unsigned repairs_last_minute(const struct repairs *repairs, struct instant now);
/* "removed 40 times in the last minute; last by process 7 (ip)", "" when there was none. */
void repairs_text(const struct repairs *repairs, struct instant now, char text[REPAIRS_TEXT_BYTES]);
