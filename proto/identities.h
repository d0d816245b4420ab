/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the resources of a role are, whatever the role is called and whichever file describes it:
 * short hashes of their addresses and commands. Two roles that have one in common may not be up on
 * two members. Two different things with the same hash cost a wait, never safety. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One for each resource of a role (CONFIG_ROLE_RESOURCES_MAX). */
enum { IDENTITIES_MAX = 16 };

struct identities {
	uint8_t count;
	uint32_t ids[IDENTITIES_MAX];
};

bool identities_have(const struct identities *set, uint32_t id);
bool identities_meet(const struct identities *a, const struct identities *b);
/* Whether all of `part` are in `whole`. */
bool identities_cover(const struct identities *whole, const struct identities *part);
/* Each once. False: there is no room for all of `more`, and *set did not change. */
bool identities_add(struct identities *set, const struct identities *more);
