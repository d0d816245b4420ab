/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators decided: what record.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

void record_hear(struct step *step, uint8_t role, const struct record *record);
void record_write(struct step *step, uint8_t role, enum wanted wanted);
void record_restamp(struct step *step, uint8_t role);
/* On the disks of a majority. */
bool record_is_decided(const struct member *m, uint8_t role, struct instant now);
void record_persisted(struct step *step);
void record_reserve(struct step *step);
void record_need_promise(struct step *step, struct span promise);
