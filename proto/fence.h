/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom to switch off first: what fence.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

/* What keeps this member from seeking a role that it wants to run, when nothing does but votes, or
 * `obstacle` is NONE. */
enum obstacle fence_obstacle(struct step *step, uint8_t role, enum obstacle obstacle);
void fence_update(struct step *step);
bool fence_is_under_way(const struct member *m);
void fence_ended(struct step *step, const struct event *event);
/* `member` is in nobody's way any more: whoever could not switch it off need not wait. */
void fence_forgive(struct step *step, uint8_t member);
