/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One seed from beginning to end.
 */
#include "tests/sim/run.h"

/* So many mean gaps of faults make one run. */
enum { RUN_FAULTS = 60 };

bool run_seed(struct run *run, struct world *world, uint64_t seed, const struct profile *profile,
              bool wire)
{
	struct plan plan;
	*run = (struct run){.world = world};
	run_draw(run, seed, profile, &plan);
	plan.wire = wire;
	world_reset(world, &plan);
	world->fault = run_fault;
	world->fault_context = run;
	int64_t first = 3 * run->lease;
	world_plan(world, first, &(struct happening){.kind = HAPPEN_FAULT});
	return world_run(world, first + RUN_FAULTS * run->gap) && run_heal(run);
}
