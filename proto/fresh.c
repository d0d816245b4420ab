/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the echoes of a page prove: that its sender hears this member, since when, and so that the
 * page is of the present. Moves no vote and knows no claims.
 */
#include "proto/fresh.h"

#include <stddef.h>

#include "proto/step.h"

static void hear_path_echoes(struct step *step, struct peer *peer, const struct echo *echo)
{
	for (uint8_t i = 0; i < echo->path_count && i < PATHS_MAX; i++) {
		const struct path_echo *heard = &echo->paths[i];
		peer->paths[i].loss_out = heard->loss_percent;
		if (heard->age_us == UINT32_MAX || heard->seq_behind > echo->stamp.seq)
			continue;
		const struct sent *sent =
		    sent_find(&step->m->sent, echo->stamp.seq - heard->seq_behind);
		if (sent == NULL)
			continue;
		struct span there_and_back = instant_since(step->now, sent->at);
		path_round_trip(&peer->paths[i],
		                (struct span){there_and_back.ns - span_us(heard->age_us).ns});
	}
}

const struct echo *fresh_echo(const struct heartbeat *page, uint64_t member)
{
	for (uint8_t i = 0; i < page->echo_count; i++)
		if (page->echoes[i].member == member)
			return &page->echoes[i];
	return NULL;
}

/* When this very incarnation sent what the page echoes; INSTANT_PAST: it echoes nothing of it. */
struct instant fresh_echoed_at(struct step *step, struct peer *peer, const struct heartbeat *page)
{
	struct member *m = step->m;
	const struct echo *echo = fresh_echo(page, m->self_id);
	if (echo == NULL || echo->stamp.incarnation != m->incarnation)
		return INSTANT_PAST;
	hear_path_echoes(step, peer, echo);
	const struct sent *sent = sent_find(&m->sent, echo->stamp.seq);
	return sent == NULL ? INSTANT_PAST : sent->at;
}

/*
 * Until when a page is fresh: a lease from when this member sent what the page echoes, so a one-way
 * link is no link, and a recording played back later proves nothing; and a lease of the sender from
 * its arrival, as whoever is silent for as long as it declares itself is not there.
 *
 * Where the leases of the two differ, the echo may be as old as the longer one allows: the one with
 * the long lease speaks rarely. No safety hangs on these lengths, for a promise runs from the
 * receipt of a page and a lease from its send, however long it was on its way. But who counts as
 * there for longer than its own lease, because this member has a longer one, is waited for in vain.
 */
struct instant fresh_until_of(const struct step *step, const struct heartbeat *page,
                              struct instant echoed)
{
	struct span own = step->m->timing.lease, its = page->timing.lease;
	if (echoed.ns == INSTANT_PAST.ns)
		return INSTANT_PAST;
	return instant_earlier(instant_plus(step->now, its),
	                       instant_plus(echoed, own.ns > its.ns ? own : its));
}

/*
 * Who says `none` after it was given this vote has let go of it, however long ago it heard this
 * member last: an owner that is heard and hears nobody releases at the end of its lease, and says
 * so on pages that are not fresh any more, or just not. That they were made after the vote was
 * given, by the life that it was given to, shows in what they echo: a page which this member sent
 * later. A recording of an earlier life with the same numbers, or of a time before, cannot echo
 * that.
 */
bool fresh_since_grant(const struct member *m, uint8_t r, const struct heartbeat *page)
{
	const struct echo *echo = fresh_echo(page, m->self_id);
	return echo != NULL && echo->stamp.incarnation == m->incarnation &&
	       echo->stamp.seq > m->roles[r].granted_at_seq && echo->stamp.seq <= m->seq;
}
