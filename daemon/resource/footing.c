/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparison of what an interface was with what it is.
 */
#include "daemon/resource/footing.h"

#include <stdio.h>
#include <string.h>

static bool lacks_own(const struct footing *footing)
{
	return footing->link.state == LINK_UP && footing->had_own && !footing->has_own;
}

/* The wait begins once, when the interface could be used but for its own address. */
static void keep_wait(struct footing *footing, struct span grace, struct instant now)
{
	if (!lacks_own(footing))
		footing->waits_for = INSTANT_PAST;
	else if (footing->waits_for.ns == INSTANT_PAST.ns) {
		footing->waits_for = instant_plus(now, span_ms(FOOTING_WAIT_S * 1000));
		footing->grace = instant_plus(now, grace);
	}
}

void footing_begin(struct footing *footing, const struct network_link *link, bool has_own)
{
	*footing = (struct footing){
	    .link = *link, .had_own = has_own, .has_own = has_own, .waits_for = INSTANT_PAST};
}

static bool is_other(const struct network_link *a, const struct network_link *b)
{
	return strcmp(a->interface, b->interface) != 0 || a->mtu != b->mtu ||
	       a->master != b->master || memcmp(a->station, b->station, sizeof a->station) != 0;
}

unsigned footing_follow(struct footing *footing, const struct network_link *link,
                        struct instant now)
{
	const struct network_link before = footing->link;
	footing->link = *link;
	/* Another interface owes nothing to what this one had. */
	if (link->index != 0 && before.index != 0 && link->index != before.index)
		footing->had_own = footing->has_own = false;
	keep_wait(footing, span_ms(0), now);
	if (link->state != LINK_UP)
		return 0;
	if (before.state != LINK_UP || before.index != link->index ||
	    before.is_part != link->is_part)
		return FOOTING_ANNOUNCE | FOOTING_RESTORE;
	return is_other(&before, link) ? FOOTING_ANNOUNCE : 0;
}

bool footing_own(struct footing *footing, bool has_own, struct instant now)
{
	bool is_news = footing->has_own != has_own;
	footing->has_own = has_own;
	footing->had_own = footing->had_own || has_own;
	keep_wait(footing, span_ms(FOOTING_GRACE_MS), now);
	return is_news;
}

bool footing_waits(const struct footing *footing, struct instant now)
{
	return instant_before(now, footing->waits_for);
}

struct instant footing_deadline(const struct footing *footing, struct instant now)
{
	if (!footing_waits(footing, now))
		return INSTANT_NEVER;
	return instant_before(now, footing->grace) ? footing->grace : footing->waits_for;
}

bool footing_is_fit(const struct footing *footing, bool is_owner, bool stands, struct instant now,
                    char *why, size_t size)
{
	const struct network_link *link = &footing->link;
	bool has_grace = is_owner && instant_before(now, footing->grace);
	const char *problem = NULL;
	if (link->state == LINK_ABSENT)
		problem = "does not exist";
	else if (link->is_part)
		problem = "is a part of another one, which takes what arrives there";
	else if (link->state == LINK_DOWN)
		problem = "is down or has no carrier";
	else if (!stands && !has_grace && footing_waits(footing, now))
		problem = "has no address of its own yet";
	(void)snprintf(why, size, "%s", problem == NULL ? "is up" : problem);
	return problem == NULL;
}
