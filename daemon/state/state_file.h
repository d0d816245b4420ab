/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of the state file and their translation to and from struct durable. Knows no files;
 * what it reads may be cut, flipped or made up.
 *
 * All integers are big-endian:
 *   0  8  "failover"
 *   8  2  version, 1
 *  10  2  length of the body
 *  12  8  cluster id            whose state this is: a cloned disk must not
 *  20  8  member id             make two members out of one
 *  28  -  body: incarnation 4, reserved epoch 8, longest promise in ns 8, flags 1 (1 paused,
 *         2 relearning), voter count 1, voter ids 8 each, role count 1, and for each role:
 *         id 8, record epoch 8, record counter 4, wanted 1, failures 1
 *   -  32 BLAKE2b-256 of everything before
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/error.h"
#include "proto/state.h"

enum {
	STATE_FILE_VERSION = 1,
	STATE_FILE_HEAD_BYTES = 28,
	STATE_FILE_SUM_BYTES = 32,
	STATE_FILE_BODY_BYTES = 27 + 8 * MEMBERS_MAX + 22 * ROLES_MAX,
	STATE_FILE_BYTES = STATE_FILE_HEAD_BYTES + STATE_FILE_BODY_BYTES + STATE_FILE_SUM_BYTES,
};

struct state_owner {
	uint64_t cluster;
	uint64_t member;
};

/* Returns the length. */
size_t state_file_encode(const struct state_owner *owner, const struct durable *durable,
                         uint8_t bytes[STATE_FILE_BYTES]);

/* CODE_DAMAGED: cut, flipped or no such file at all. CODE_UNSUPPORTED: of a newer version.
 * Outputs are untouched unless CODE_OK. */
enum code state_file_decode(const uint8_t *bytes, size_t length, struct state_owner *owner,
                            struct durable *durable, struct error *error);
