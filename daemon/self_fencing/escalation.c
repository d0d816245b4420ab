/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of the last resort.
 */
#include "daemon/self_fencing/escalation.h"

void escalation_follow(struct escalation *escalation, struct instant lease_end, bool may_be_up,
                       struct instant now)
{
	const bool is_killing = may_be_up && instant_reached(now, lease_end);

	if (is_killing && !escalation->is_killing)
		escalation->since = now;
	escalation->is_killing = is_killing;
	escalation->lease_end = lease_end;
}

struct instant escalation_due(const struct escalation *escalation, struct span release)
{
	if (!escalation->is_killing)
		return INSTANT_NEVER;
	return instant_later(instant_plus(escalation->lease_end, release),
	                     instant_plus(escalation->since, span_divided(release, 2)));
}
