/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Until when each role may be up on this host, as of the last step of the member: asked of the
 * member once, and read by everything that ends an ownership. Knows no votes.
 */
#pragma once

#include "proto/clock.h"
#include "proto/limits.h"
#include "proto/member.h"

struct leases {
	uint8_t count; /* of roles of the configuration; the arrays go by their index */
	/* Of this host's claim to the role; INSTANT_PAST: it has none. */
	struct instant end[ROLES_MAX];
	/* What the claim's release may take after that. */
	struct span release[ROLES_MAX];
};

/* As the member is now. */
void leases_read(struct leases *leases, const struct member *member, uint8_t role_count);
