/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the own clock stood still: what clock_pause.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

void clock_pause_hear(struct step *step, uint8_t sender, const struct heartbeat *page);
void clock_pause_update(struct step *step);
