/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which networks between members are dead while others carry on. Private to proto/.
 */
#pragma once

#include <stdint.h>

#include "proto/step.h"

/* Notes what changed; after peers_update. */
void silent_paths_update(struct step *step);
/* Paths that both this member and the peer have. */
uint8_t silent_paths_between(const struct member *m, uint8_t peer);
