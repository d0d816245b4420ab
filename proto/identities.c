/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of at most IDENTITIES_MAX numbers, in no order.
 */
#include "proto/identities.h"

bool identities_have(const struct identities *set, uint32_t id)
{
	for (uint8_t i = 0; i < set->count; i++)
		if (set->ids[i] == id)
			return true;
	return false;
}

bool identities_meet(const struct identities *a, const struct identities *b)
{
	for (uint8_t i = 0; i < a->count; i++)
		if (identities_have(b, a->ids[i]))
			return true;
	return false;
}

bool identities_cover(const struct identities *whole, const struct identities *part)
{
	for (uint8_t i = 0; i < part->count; i++)
		if (!identities_have(whole, part->ids[i]))
			return false;
	return true;
}

bool identities_add(struct identities *set, const struct identities *more)
{
	struct identities sum = *set;
	for (uint8_t i = 0; i < more->count; i++) {
		if (identities_have(&sum, more->ids[i]))
			continue;
		if (sum.count == IDENTITIES_MAX)
			return false;
		sum.ids[sum.count++] = more->ids[i];
	}
	*set = sum;
	return true;
}
