/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random edits of the file that all members of a cluster read: resources between roles, names,
 * roles, nodes, timing. Knows nothing of who reads it when. Roles keep their places, see
 * tests/world/file.h.
 */
#pragma once

#include "proto/setup.h"
#include "tests/world/rng.h"

enum { EDIT_TEXT_BYTES = 64 };

/* A role has a name but no nodes: the file does not have it. */
bool edit_has(const struct setup *file, uint8_t role);
/* Gives place `role` resources of its own and all nodes of `members`. */
void edit_add(struct setup *file, uint8_t role, uint8_t members, struct rng *rng);
/* One edit, and its word. False: it cannot be made of this file. */
bool edit_draw(struct setup *file, struct rng *rng, const char **word);
/* The digests of all that was edited. */
void edit_seal(struct setup *file);
