/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This member's votes: what ballot.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

void ballot_hear(struct step *step, uint8_t role, uint8_t peer);
void ballot_self(struct step *step, uint8_t role);
void ballot_update(struct step *step, uint8_t role);
void ballot_none(struct step *step, uint8_t role, uint64_t claimant, uint32_t incarnation);
/* True if that freed this vote. */
bool ballot_off(struct step *step, uint8_t role, const struct fence_news *news);
