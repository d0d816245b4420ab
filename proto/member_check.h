/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of a member between two steps, with its votes and claims, and of the memory that one
 * life leaves to the next. Finds the first rule that is broken and says its name; changes nothing
 * and repairs nothing: a state that cannot be right shows a fault of this program, and nothing that
 * is decided on it can be trusted.
 */
#pragma once

#include "proto/member_state.h"
#include "proto/state.h"

/* After a step. The name of the first rule that does not hold; NULL: all of them do. */
const char *member_check(const struct member *m);

/* Memory that was read back, before it is given to member_init at `now`. Likewise. */
const char *kept_check(const struct kept *kept, struct instant now);
