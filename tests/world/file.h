/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file of one host, which somebody edits while its daemon runs. Knows what a
 * daemon makes of another file when it begins, not what edits there are.
 *
 * Roles keep their place: place i is the same role in all files, and a role that a file does not
 * have has no nodes there, which members and pages cannot tell from a role that is not there.
 */
#pragma once

#include <stdint.h>

#include "proto/setup.h"

struct world;

/* As `reload --binary`: the next process reads `file`, and one that runs ends for it at once. Its
 * setup.self is the host. */
void file_replace(struct world *world, uint8_t host, const struct setup *file);

/* A process begins: its setup becomes what the file says, and beside it roles that an earlier life
 * has left and may not own any more, as they were. */
void file_follow(struct world *world, uint8_t host);
