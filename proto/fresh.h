/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the echoes of a page prove: what fresh.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

/* NULL: the page echoes nothing of `member`. */
const struct echo *fresh_echo(const struct heartbeat *page, uint64_t member);
/* When this very life sent what the page of `peer` echoes, INSTANT_PAST if it echoes nothing of it;
 * notes the round trips. */
struct instant fresh_echoed_at(struct step *step, struct peer *peer, const struct heartbeat *page);
/* Until when the page is fresh. */
struct instant fresh_until_of(const struct step *step, const struct heartbeat *page,
                              struct instant echoed);
/* It was made after this member gave its vote in the role. */
bool fresh_since_grant(const struct member *m, uint8_t role, const struct heartbeat *page);
