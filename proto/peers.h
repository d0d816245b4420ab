/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is there: what peers.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

bool peer_is_fresh(const struct member *m, uint8_t peer, struct instant now);
/* Fresh, and counts votes over the same set: only such a member's grants count. */
bool peer_counts(const struct member *m, uint8_t peer, struct instant now);
/* The set does not have to be fresh for a grant that is dated by itself. */
bool peer_same_voters(const struct member *m, uint8_t peer);
void peers_receive(struct step *step, uint8_t sender, uint8_t path, const struct heartbeat *page);
void peers_twin(struct step *step, uint8_t sender, uint8_t path, struct stamp stamp);
void peers_update(struct step *step);
uint8_t member_index(const struct member *m, uint64_t id);
/* The promises to this life of `holder`, or to ANY_LIFE of it, are seen to end at once. */
enum { ANY_LIFE = 0 };
void peers_votes_come_free(struct step *step, uint8_t role, uint64_t holder, uint32_t incarnation);
