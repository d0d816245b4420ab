/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to try: what candidacy.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

bool candidacy_is_due(struct step *step, uint8_t role);
