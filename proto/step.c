/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The effects of a step, and the one place where a deadline becomes a wake-up; see step.h.
 */
#include "proto/step.h"

#include <assert.h>

bool step_reached(struct step *step, struct instant t)
{
	if (instant_reached(step->now, t))
		return true;
	step->m->wake = instant_earlier(step->m->wake, t);
	return false;
}

static struct effect *add(struct step *step, enum effect_kind kind)
{
	assert(step->out->count < EFFECTS_MAX);
	struct effect *effect = &step->out->items[step->out->count++];
	effect->kind = kind;
	return effect;
}

/* Notes are the only effects whose number others can drive up; they give way first. */
void step_note(struct step *step, struct note note)
{
	if (step->out->count < EFFECTS_MAX - ACTS_MAX)
		add(step, EFFECT_NOTE)->as.note = note;
}

void step_start(struct step *step, uint8_t role, uint64_t epoch)
{
	struct effect *effect = add(step, EFFECT_START);
	effect->as.resources.role = role;
	effect->as.resources.epoch = epoch;
	effect->as.resources.forced = false;
	effect->as.resources.limit = (struct span){0};
}

void step_release(struct step *step, uint8_t role)
{
	const struct claim *claim = &step->m->roles[role].claim;
	struct effect *effect = add(step, EFFECT_RELEASE);
	effect->as.resources.role = role;
	effect->as.resources.epoch = claim->epoch;
	effect->as.resources.forced = claim->forced;
	effect->as.resources.limit = claim->release_limit;
}

void step_answer(struct step *step, uint64_t handle, struct answer answer)
{
	struct effect *effect = add(step, EFFECT_ANSWER);
	effect->as.answer.handle = handle;
	effect->as.answer.answer = answer;
}

void step_left(struct step *step)
{
	add(step, EFFECT_LEFT);
}

void step_changed(struct step *step)
{
	step->m->changed = true;
}

void step_fence(struct step *step, enum effect_kind kind, uint8_t member, uint8_t role)
{
	struct effect *effect = add(step, kind);
	effect->as.fence.member = member;
	effect->as.fence.incarnation = step->m->peers[member].fencing.incarnation;
	effect->as.fence.role = role;
}

uint64_t step_persist(struct step *step)
{
	return ++step->m->generation;
}

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
struct span step_jitter(struct step *step, struct span limit)
{
	uint64_t z = step->m->random += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return (struct span){limit.ns > 0 ? (int64_t)(z % (uint64_t)limit.ns) : 0};
}
