/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this member may own: what retire.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

bool election_is_candidate(const struct member *m, uint8_t role);
enum unfit election_unfit(const struct member *m, uint8_t role, struct instant now);
/* Holds a role that is retired, under a lease: gives it up as soon as it is known to whom. */
void retire_update(struct step *step, uint8_t role);
