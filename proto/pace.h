/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often to speak, and whether the others answer in time.
 * What pace.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

struct span pace_of(const struct member *m, struct instant now);
/* A lease of this member can be renewed in time, as far as can be told. */
bool pace_holds_lease(const struct member *m, struct instant now);
void pace_update(struct step *step);
/* The lease of this member's claim is over. */
void pace_lease_lost(struct step *step, uint8_t role);
