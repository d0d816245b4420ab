/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In which order members take over a file that moves a resource from one role to another: the owner
 * of the role that gets it first. Otherwise it would be up nowhere between the two reloads. Safety
 * does not depend on it, see sharing.c. Pure; knows neither how the cluster is asked nor sentences.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/setup.h"

/* What is known of a role of the new file. */
struct order_role {
	uint8_t owner; /* index in the new setup; NO_MEMBER: none is known */
	/* Its owner has another definition than this member had, so it was first. */
	bool has_read_another;
};

/*
 * Whether the member `after->self`, which has the resource `identity` up for the role called
 * `from`, should wait with reading the new file. `roles` is parallel to after->roles. Then *to is
 * the role whose owner is to be first.
 */
bool order_waits_for(const struct setup *after, uint64_t from, uint32_t identity,
                     const struct order_role *roles, uint8_t *to);
