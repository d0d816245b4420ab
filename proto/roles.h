/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table: what roles.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

/* Index of the role with this id; makes a place for one that is only heard of. ROLES_MAX: full. */
uint8_t roles_place(struct step *step, uint64_t id);
uint8_t roles_find(const struct member *m, uint64_t id);
