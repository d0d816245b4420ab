/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first reading of a file: which sections there are, and what their names are, so that the
 * second can resolve references in any order. Knows no keys.
 */
#pragma once

#include "config/draft.h"

/* One section header, with the text between its brackets. A header with a slip in it is told and
 * read as what was probably meant, so that what stands below is looked at all the same. */
void outline_section(struct draft *draft, unsigned line, const char *inside);

/* When all headers were seen: what they refer to. */
void outline_finish(struct draft *draft);
