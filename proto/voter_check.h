/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of every vote between two steps. Finds the first rule that is broken and says its
 * name; changes nothing and repairs nothing.
 */
#pragma once

#include "proto/voter.h"

/* The name of the first rule that does not hold at `now`; NULL: all of them do. */
const char *voter_check(const struct voter *voter, struct instant now);
