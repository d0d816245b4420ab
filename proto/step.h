/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one step of a member passes down: the member, the instant, and where the effects go. Private
 * to proto/. Every comparison with a moment to come goes through step_reached, which thereby also
 * schedules the wake-up for it: no deadline can be forgotten.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/member.h"
#include "proto/quorum.h"

struct step {
	struct member *m;
	struct instant now;
	struct effects *out;
};

/* `member` was off at some moment after `off_after`, in this life or a later one. */
struct fence_news {
	uint8_t member, teller;
	uint32_t incarnation;
	struct instant off_after;
};

/* True from `t` on; before that the member is woken at `t`. */
bool step_reached(struct step *step, struct instant t);

void step_note(struct step *step, struct note note);
void step_start(struct step *step, uint8_t role, uint64_t epoch);
void step_release(struct step *step, uint8_t role);
void step_answer(struct step *step, uint64_t handle, struct answer answer);
void step_left(struct step *step);
/* EFFECT_FENCE or EFFECT_FENCE_CANCEL. */
void step_fence(struct step *step, enum effect_kind kind, uint8_t member, uint8_t role);

/* Something the others should hear at once. */
void step_changed(struct step *step);
/* The durable snapshot changed; returns the generation that holds the change. */
uint64_t step_persist(struct step *step);

/* Pseudo-random span in [0, limit). */
struct span step_jitter(struct step *step, struct span limit);
