/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this member would drop and another one not yet start would be up nowhere in between.
 */
#include "proto/order.h"

/* The role that has it; role_count: none. */
static uint8_t role_with(const struct setup *setup, uint32_t identity)
{
	uint8_t role = 0;
	while (role < setup->role_count &&
	       !identities_have(&setup->roles[role].identities, identity))
		role++;
	return role;
}

bool order_waits_for(const struct setup *after, uint64_t from, uint32_t identity,
                     const struct order_role *roles, uint8_t *to)
{
	*to = role_with(after, identity);
	if (*to == after->role_count || after->roles[*to].id == from)
		return false;
	uint8_t owner = roles[*to].owner;
	return owner != NO_MEMBER && owner != after->self && !roles[*to].has_read_another;
}
