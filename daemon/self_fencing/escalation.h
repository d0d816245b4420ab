/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a role that does not go down is a reason to end this host. Pure: for the worker, and for the
 * guard in its place. Knows neither what is up nor how it is brought down.
 *
 * As long as the lease is valid nothing is a reason, however badly a stop may go: nobody else
 * starts the role. When the lease is over, everything of the role is killed, and may take the
 * `release` that the others wait for. What is still here then may be up on two hosts a moment
 * later. A host that was frozen meanwhile comes to killing only later; it gets half of `release`
 * for that, for as a rule nothing is left then.
 *
 *     lease end                        lease end + release: others may start
 *     |------------ killing ----------------|
 *                                           reboot, unless killing began late
 */
#pragma once

#include <stdbool.h>

#include "proto/clock.h"

/* One role. All zero: nothing of it is here. */
struct escalation {
	bool is_killing; /* its lease is over, and something of it may be up */
	struct instant lease_end;
	struct instant since; /* when that was first seen, and killing began */
};

/* What is true now; `may_be_up`: not everything of the role is confirmed to be down. */
void escalation_follow(struct escalation *escalation, struct instant lease_end, bool may_be_up,
                       struct instant now);
/* From when on it is time, if nothing changes before; INSTANT_NEVER: there is no reason. `release`
 * is what was promised together with the lease end. */
struct instant escalation_due(const struct escalation *escalation, struct span release);
