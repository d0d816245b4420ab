/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which epochs this member may have used before its host restarted.
 * What epochs.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

/* Everything up to `reserved` may have been used, and what was is not known. */
void epochs_begin(struct member *m, uint64_t reserved);
/* A fresh page; `echoed`: when this member sent what it echoes. */
void epochs_hear(struct step *step, uint8_t sender, const struct heartbeat *page,
                 struct instant echoed);
void epochs_hear_role(struct step *step, const struct role_report *report, bool is_fresh);
/* Nothing that others said so far was learned: this member believed what it knew itself. */
void epochs_doubt(struct member *m);
/* The abstention grew: what was heard is not of after it. */
void epochs_doubt_late(struct member *m);
/* Whether so many other voters, of which `late` spoke after the abstention, know all that this
 * member may have forgotten. */
bool epochs_suffice(const struct member *m, uint8_t all, uint8_t late);
/* The epoch up to which this member should have reserved, so that who jumps need not wait for its
 * disk. */
uint64_t epochs_to_reserve(const struct member *m);
/* All that may have been used counts as used from now on. */
void epochs_jump(struct step *step);
void epochs_update(struct step *step);
