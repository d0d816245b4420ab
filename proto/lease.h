/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Until when a majority supports a claim: what lease.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

void lease_update(struct step *step, uint8_t role);
uint32_t lease_votes(const struct step *step, uint8_t role);
/* Whether a majority supports the claim for this page of this life, or later ones. If so, the lease
 * rests on them alone from now on. */
bool lease_rests_on(struct step *step, uint8_t role, uint64_t seq);
