/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who should own it: what rank.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

struct standing {
	bool reachable;
	bool known;
	enum unfit unfit;
	bool mismatch;
	uint8_t failures;
};
/* When a peer's count of failures was last seen to grow; INSTANT_PAST: not in this life. */
struct instant peer_role_failed_at(const struct peer_role_report *before,
                                   const struct role_report *report, struct instant now);
struct standing rank_standing(const struct member *m, uint8_t role, uint8_t member,
                              struct instant now);
/* Whether `nodes` names a before b. */
bool rank_is_listed_before(const struct member *m, uint8_t r, uint8_t a, uint8_t b);
bool rank_is_ready(struct standing standing);
/* Among the nodes of a role of setup. */
bool rank_lists(const struct member *m, uint8_t role, uint8_t member);
/* How many nodes should rather take the role than `member`. */
uint8_t rank_of(const struct member *m, uint8_t role, uint8_t member, struct instant now);
/* Best ready node other than this member and with no standing mismatch; NO_MEMBER: none. */
uint8_t rank_best_other(const struct member *m, uint8_t role, struct instant now);
