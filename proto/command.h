/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carrying them out: what command.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/request.h"
#include "proto/step.h"

void command_carry_out(struct step *step, const struct asked *asked);
void command_update(struct step *step);
