/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept: what snapshot.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

void snapshot_take_durable(struct member *m, const struct durable *durable);
void snapshot_take_kept(struct member *m, const struct kept *kept, struct instant now);
