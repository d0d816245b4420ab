/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may speak: the tag that keeps outsiders from costing anything, and the Ed25519 signature that
 * says which member it was. The only user of libsodium besides name_id and digests. Knows nothing
 * of what a body means.
 *
 * A datagram is body | signature (64) | tag (16). The signature covers the body; the tag covers
 * body and signature, with a key made of the cluster's name and the receiver's public key, so that
 * it is made anew for each destination while the signature is made once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/wire.h"

enum {
	SEAL_PUBLIC_BYTES = 32,
	SEAL_SECRET_BYTES = 64, /* libsodium's form: seed and public key */
	SEAL_TAG_KEY_BYTES = 32,
	SEAL_KEYS_MAX = 2, /* public keys of one member during rotation */
};

struct public_key {
	uint8_t bytes[SEAL_PUBLIC_BYTES];
};

struct secret_key {
	uint8_t bytes[SEAL_SECRET_BYTES];
};

struct tag_key {
	uint8_t bytes[SEAL_TAG_KEY_BYTES];
};

struct tag_key auth_tag_key(const char *cluster_name, const struct public_key *receiver);

/* Signs `body_length` bytes at `datagram` and writes the signature behind them. */
void auth_sign(uint8_t *datagram, size_t body_length, const struct secret_key *secret);

/* Writes the tag behind body and signature; returns the length of the whole datagram. */
size_t auth_tag(uint8_t *datagram, size_t body_length, const struct tag_key *key);

bool auth_tag_matches(const uint8_t *datagram, size_t length, const struct tag_key *key);
bool auth_signature_matches(const uint8_t *datagram, size_t length, const struct public_key *key);

/* Signs and opens a known datagram with a known key and checks the bytes, and that one flipped bit
 * is refused; false means that this build of the cryptography must not be used. */
bool auth_self_test(void);
