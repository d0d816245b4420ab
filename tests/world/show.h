/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each member of a world knows at this moment, as lines for people: the `show` of scenarios
 * and the end of a failed run's story.
 */
#pragma once

#include <stdint.h>

struct world;

/* One line about the member and one for each role it knows. */
void show_host(const struct world *world, uint8_t host,
               void (*print)(void *context, const char *line), void *context);
