/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole machine that is paused and goes on, without its clock telling it so.
 */
#pragma once

#include <stdint.h>

struct world;

void machine_suspend(struct world *world, uint8_t host, int64_t duration);
/* HAPPEN_RESUME. For a heartbeat and a moment it may answer beside the one that took over. */
void machine_resume(struct world *world, uint8_t host);
