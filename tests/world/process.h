/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what happens in the world to the events of one daemon: lets pages in as admission does (all
 * but the cryptography), stamps nothing, decides nothing.
 */
#pragma once

#include <stdint.h>

#include "tests/world/agenda.h"

struct world;

/* The daemon runs and takes `item` up. A page's reference is given back here. */
void process_handle(struct world *world, uint8_t host, const struct happening *item);
