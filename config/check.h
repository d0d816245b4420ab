/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What values must be to each other, where each alone is right. Knows nothing of how a file is
 * read.
 */
#pragma once

#include "config/draft.h"

/* Adds what breaks a rule to the findings. What rests on a refused value is not judged. */
void check_rules(const struct draft *draft);
