/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who was off: what fence_news.c offers to other steps of a member.
 * Private to proto/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/step.h"

void fence_learn(struct step *step, const struct fence_news *news);
/* A page that is fresh: what it says of others that were switched off, and what it shows of the
 * life of its sender. `echoed_at`: it has heard what this member sent then. */
void fence_hear(struct step *step, uint8_t sender, const struct heartbeat *page,
                struct instant echoed_at);
bool fence_has_news(const struct member *m, struct instant now);
void fence_say(const struct member *m, struct instant now, struct heartbeat *page);
/* This member says that what the holder of `report` is promised there, unchanged since `since`,
 * is void. */
bool fence_covers(const struct member *m, const struct role_report *report, struct instant since,
                  struct instant now);
