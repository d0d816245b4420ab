/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tally kept sorted, so that the majority is an index; see quorum.h.
 */
#include "proto/quorum.h"

#include <assert.h>

uint8_t quorum_of(uint8_t voters)
{
	return (uint8_t)(voters / 2 + 1);
}

/* Kept sorted, latest first: there are at most MEMBERS_MAX. */
void tally_add(struct tally *tally, struct instant at)
{
	assert(tally->count < MEMBERS_MAX);
	uint8_t i = tally->count++;
	for (; i > 0 && instant_before(tally->at[i - 1], at); i--)
		tally->at[i] = tally->at[i - 1];
	tally->at[i] = at;
}

struct instant tally_majority(const struct tally *tally, uint8_t voters)
{
	uint8_t needed = quorum_of(voters);
	return tally->count >= needed ? tally->at[needed - 1] : INSTANT_PAST;
}
