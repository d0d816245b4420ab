/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A release that is not proven in time: what overdue.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

void overdue_update(struct step *step, uint8_t role);
/* Says it here. */
void overdue_note(struct step *step, uint8_t role);
/* Whoever could prove it ends now. */
void overdue_give_up(struct step *step, uint8_t role);
/* `before`: what was last heard of the role from `sender`. */
void overdue_hear(struct step *step, uint8_t sender, const struct peer_role_report *before,
                  const struct role_report *report);
