/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How commands and answers travel: what request.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

struct asked {
	uint64_t requester;
	const struct request *request;
};
void request_typed(struct step *step, const struct event *event);
void request_hear_answers(struct step *step, const struct heartbeat *page);
void request_update(struct step *step);
/* Some reachable member asks for `kind` on this role. */
bool request_is_pending(const struct member *m, uint8_t role, enum request_kind kind,
                        struct instant now);
void request_answer(struct step *step, const struct answer *answer);
bool request_is_answered(const struct member *m, const struct asked *asked);
