/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of every claim of this member, and of what is up under it, between two steps. Finds
 * the first rule that is broken and says its name; changes nothing and repairs nothing.
 */
#pragma once

#include "proto/member_state.h"

/* The name of the first rule that does not hold for `role` at `now`; NULL: all of them do. */
const char *claim_check(const struct role *role, struct instant now);
