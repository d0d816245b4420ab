/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This member's claims: what election.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

void election_update(struct step *step, uint8_t role);
void election_release(struct step *step, uint8_t role, enum release_reason reason,
                      uint64_t successor);
void election_released(struct step *step, uint8_t role, uint64_t epoch);
void election_started(struct step *step, uint8_t role, uint64_t epoch);
void election_failed(struct step *step, uint8_t role, uint64_t epoch);
