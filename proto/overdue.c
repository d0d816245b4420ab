/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A forced release that nothing proves to have succeeded in time: when that is said, here and by
 * others. Changes nobody's vote or lease.
 */
#include "proto/overdue.h"

#include "proto/step.h"

void overdue_note(struct step *step, uint8_t r)
{
	const struct role *role = &step->m->roles[r];
	step_note(step, (struct note){.kind = NOTE_MAY_RUN,
	                              .role = role->id,
	                              .epoch = role->claim.epoch,
	                              .peer = NO_MEMBER,
	                              .span = instant_since(step->now, role->claim.lease_end)});
}

/* The others waited for `release` and may start the role now. What was not proven to be down by
 * then, such as a script whose `stop` takes longer, may run twice from now on: every member reports
 * it, and the claim stays until it is proven. A host that was frozen notices only later; it gets
 * half of `release`, for as a rule nothing is left then. */
void overdue_update(struct step *step, uint8_t r)
{
	struct claim *claim = &step->m->roles[r].claim;
	if (claim->state != CLAIM_RELEASING || !claim->forced || claim->may_run)
		return;
	struct span half = span_divided(claim->release_limit, 2);
	if (!step_reached(step, instant_later(instant_plus(claim->lease_end, claim->release_limit),
	                                      instant_plus(claim->forced_at, half))))
		return;
	claim->may_run = true;
	step_changed(step);
	overdue_note(step, r);
}

void overdue_give_up(struct step *step, uint8_t r)
{
	struct claim *claim = &step->m->roles[r].claim;
	if (claim->state != CLAIM_RELEASING || claim->may_run)
		return;
	claim->may_run = true;
	step_changed(step);
}

void overdue_hear(struct step *step, uint8_t sender, const struct peer_role_report *before,
                  const struct role_report *report)
{
	bool might = before->known && before->report.may_run;
	if (might == report->may_run)
		return;
	step_note(step, (struct note){.kind = might ? NOTE_PROVEN_DOWN : NOTE_MAY_RUN,
	                              .role = report->role,
	                              .epoch = report->claim_epoch,
	                              .peer = sender});
}
