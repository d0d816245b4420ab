/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roles that have a resource in common: what sharing.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

/* What the claim that this peer was last heard of, or that of this member, covers. */
const struct identities *sharing_heard(const struct member *m, uint8_t role, uint8_t peer);
const struct identities *sharing_said(const struct member *m, uint8_t role);
/* Another role that this vote is promised for, to another than `claimant`, and that has some of
 * `what`; ROLES_MAX: none. */
uint8_t sharing_promised(const struct member *m, uint8_t role, uint64_t claimant,
                         const struct identities *what, struct instant now);
/* Whether something of the role may be up elsewhere, or here, under another name. */
bool sharing_hinders(struct step *step, uint8_t role);
/* This member could take another role that has something of this one. */
bool sharing_has_heir(const struct member *m, uint8_t role, struct instant now);
/* A new claim, and one that was kept. */
void sharing_take(struct claim *claim, const struct identities *file);
void sharing_resume(struct claim *claim, const struct identities *kept,
                    const struct identities *file, struct instant now);
/* The resources are as the file describes them: what it dropped is down. */
void sharing_settle(struct step *step, uint8_t role);
void sharing_update(struct step *step, uint8_t role);
