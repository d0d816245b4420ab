/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mixes of faults. Each leans towards what breaks one group of rules; the last ones plant a
 * fault that the checks must report.
 */
#include <string.h>

#include "tests/sim/run.h"

const struct profile run_profiles[] = {
    {
	.name = "mixed",
	.weight = 20,
	.faults = {[FAULT_POWER] = 4,   [FAULT_KILL] = 4,       [FAULT_DIES_IN_STEP] = 3,
                   [FAULT_FREEZE] = 4,  [FAULT_HIT_OWNER] = 10, [FAULT_FREEZES_IN_STEP] = 2,
                   [FAULT_SQUEEZE] = 4, [FAULT_PLOT] = 4,       [FAULT_PARTITION] = 4,
                   [FAULT_CUTS] = 3,    [FAULT_ONE_WAY] = 3,    [FAULT_RING] = 1,
                   [FAULT_HEAL] = 8,    [FAULT_LOSS] = 2,       [FAULT_MOVE] = 6,
                   [FAULT_STOP] = 2,    [FAULT_START] = 4,      [FAULT_PAUSE] = 1,
                   [FAULT_RESUME] = 2,  [FAULT_LEAVE] = 1,      [FAULT_BREAK] = 1,
                   [FAULT_FITNESS] = 2, [FAULT_DISK_LOST] = 1,  [FAULT_DISK_FULL] = 1,
                   [FAULT_TIMING] = 2,  [FAULT_REPLAY] = 4,     [FAULT_DRIFT] = 1},
    },
    {
	.name = "owners",
	.weight = 20,
	.faults = {[FAULT_HIT_OWNER] = 20, [FAULT_HEAL] = 8, [FAULT_MOVE] = 8, [FAULT_SQUEEZE] = 2},
    },
    {
	.name = "plots",
	.weight = 40,
	.faults = {[FAULT_PLOT] = 20, [FAULT_HEAL] = 2, [FAULT_HIT_OWNER] = 2},
    },
    {
	.name = "memory",
	.weight = 12,
	.faults = {[FAULT_POWER] = 6,
                   [FAULT_KILL] = 6,
                   [FAULT_DIES_IN_STEP] = 6,
                   [FAULT_SQUEEZE] = 14,
                   [FAULT_HIT_OWNER] = 4,
                   [FAULT_HEAL] = 8,
                   [FAULT_CUTS] = 2},
    },
    {
	.name = "pauses",
	.weight = 10,
	.is_late = true,
	.faults = {[FAULT_FREEZE] = 10,
                   [FAULT_FREEZES_IN_STEP] = 6,
                   [FAULT_HIT_OWNER] = 4,
                   [FAULT_CUTS] = 4,
                   [FAULT_HEAL] = 6,
                   [FAULT_REPLAY] = 10,
                   [FAULT_LOSS] = 2,
                   [FAULT_MOVE] = 2},
    },
    {
	.name = "links",
	.weight = 10,
	.faults = {[FAULT_PARTITION] = 8,
                   [FAULT_CUTS] = 8,
                   [FAULT_ONE_WAY] = 6,
                   [FAULT_RING] = 3,
                   [FAULT_HEAL] = 8,
                   [FAULT_LOSS] = 4,
                   [FAULT_MOVE] = 2},
    },
    {
	.name = "operators",
	.weight = 10,
	.faults = {[FAULT_MOVE] = 10,
                   [FAULT_STOP] = 10,
                   [FAULT_START] = 14,
                   [FAULT_PAUSE] = 3,
                   [FAULT_RESUME] = 5,
                   [FAULT_LEAVE] = 2,
                   [FAULT_HIT_OWNER] = 6,
                   [FAULT_HEAL] = 8,
                   [FAULT_CUTS] = 3,
                   [FAULT_PARTITION] = 2,
                   [FAULT_POWER] = 2},
    },
    {
	.name = "disks",
	.weight = 8,
	.faults = {[FAULT_DISK_LOST] = 8,
                   [FAULT_DISK_FULL] = 3,
                   [FAULT_POWER] = 4,
                   [FAULT_STOP] = 4,
                   [FAULT_START] = 6,
                   [FAULT_HIT_OWNER] = 8,
                   [FAULT_HEAL] = 6,
                   [FAULT_MOVE] = 4,
                   [FAULT_CUTS] = 2,
                   [FAULT_REPLAY] = 2},
    },
    {
	.name = "timing",
	.weight = 10,
	.has_mixed_timing = true,
	.faults = {[FAULT_TIMING] = 12,
                   [FAULT_HIT_OWNER] = 8,
                   [FAULT_FREEZE] = 3,
                   [FAULT_CUTS] = 4,
                   [FAULT_HEAL] = 6,
                   [FAULT_MOVE] = 3,
                   [FAULT_DRIFT] = 3,
                   [FAULT_SQUEEZE] = 3,
                   [FAULT_PLOT] = 4},
    },
    {
	.name = "voters",
	.weight = 6,
	.has_other_voters = true,
	.faults = {[FAULT_PARTITION] = 8,
                   [FAULT_CUTS] = 4,
                   [FAULT_HIT_OWNER] = 8,
                   [FAULT_HEAL] = 8,
                   [FAULT_DISK_LOST] = 1,
                   [FAULT_MOVE] = 2,
                   [FAULT_PLOT] = 4},
    },
    {
	.name = "failing",
	.weight = 6,
	.faults = {[FAULT_BREAK] = 8,
                   [FAULT_FITNESS] = 8,
                   [FAULT_LEAVE] = 6,
                   [FAULT_MOVE] = 4,
                   [FAULT_POWER] = 2,
                   [FAULT_HEAL] = 2,
                   [FAULT_CUTS] = 1,
                   [FAULT_START] = 2},
    },
    {
	.name = "bare",
	.weight = 8,
	.is_bare = true,
	.faults = {[FAULT_POWER] = 6,
                   [FAULT_KILL] = 4,
                   [FAULT_FREEZE] = 4,
                   [FAULT_HIT_OWNER] = 10,
                   [FAULT_HEAL] = 8,
                   [FAULT_CUTS] = 4,
                   [FAULT_PARTITION] = 4,
                   [FAULT_MOVE] = 4,
                   [FAULT_DISK_LOST] = 1},
    },
    {
	.name = "planted-drift",
	.ppm_max = 60000,
	.faults = {[FAULT_HIT_OWNER] = 20, [FAULT_HEAL] = 8},
    },
    {
	.name = "planted-disk",
	.lies = true,
	.faults = {[FAULT_POWER] = 20,
                   [FAULT_HIT_OWNER] = 10,
                   [FAULT_STOP] = 5,
                   [FAULT_START] = 5,
                   [FAULT_HEAL] = 10},
    },
    {
	.name = "planted-voters",
	.splits = true,
	.faults = {[FAULT_PARTITION] = 8, [FAULT_HIT_OWNER] = 8, [FAULT_HEAL] = 4},
    },
};

const unsigned run_profile_count = sizeof run_profiles / sizeof run_profiles[0];

const struct profile *run_profile(const char *name)
{
	for (unsigned i = 0; i < run_profile_count; i++)
		if (strcmp(run_profiles[i].name, name) == 0)
			return &run_profiles[i];
	return NULL;
}
