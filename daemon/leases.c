/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy, role by role.
 */
#include "daemon/leases.h"

void leases_read(struct leases *leases, const struct member *member, uint8_t role_count)
{
	leases->count = role_count;
	for (uint8_t r = 0; r < role_count; r++) {
		leases->end[r] = member_lease_end(member, r);
		leases->release[r] = member_release_limit(member, r);
	}
}
