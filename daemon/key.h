/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key pair of this host: making it, and its file, which is one line of base64 of the 32-byte
 * Ed25519 seed. Knows nothing of who else has keys. The secret stands in no other place than the
 * struct the caller gives.
 */
#pragma once

#include "proto/auth.h"
#include "proto/error.h"

/* Makes a pair. The caller wipes the secret. */
void key_make(struct secret_key *secret, struct public_key *public);

/* Writes the secret to a file that does not exist yet, mode 0600, and makes it durable. CODE_EXISTS
 * when anything has that name. */
enum code key_write(const char *path, const struct secret_key *secret, struct error *error);

/* Reads the secret. CODE_NOT_FOUND, CODE_DENIED, CODE_INVALID (not a key). Who else may read the
 * file is platform_check_secret's question. */
enum code key_read(const char *path, struct secret_key *secret, struct public_key *public,
                   struct error *error);
