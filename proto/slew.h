/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a time daemon takes from the own clock: what slew.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

/* Before everything else of a step. */
void slew_update(struct step *step, struct span behind);
/* What the clock shows at the lease end `end` if it goes on losing as it does. */
struct instant slew_expected(const struct member *m, struct instant end);
