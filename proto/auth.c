/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tag and signature with libsodium: keyed BLAKE2b and Ed25519. Knows where they stand in a datagram
 * and nothing of what stands before them.
 */
#include "proto/auth.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(SEAL_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
static_assert(SEAL_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519 secret key");
static_assert(WIRE_SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519 signature");
static_assert(WIRE_TAG_BYTES >= crypto_generichash_BYTES_MIN, "BLAKE2b output");
static_assert(SEAL_TAG_KEY_BYTES == crypto_generichash_KEYBYTES, "BLAKE2b key");

/* The name goes in with its zero, so that name and key cannot be cut apart elsewhere. Whoever lacks
 * the configuration file lacks the receiver's public key; it is secret only from outsiders. */
struct tag_key auth_tag_key(const char *cluster_name, const struct public_key *receiver)
{
	static const char purpose[] = "failoverd tag";
	struct tag_key key;
	crypto_generichash_state state;

	crypto_generichash_init(&state, receiver->bytes, sizeof receiver->bytes, sizeof key.bytes);
	crypto_generichash_update(&state, (const uint8_t *)purpose, sizeof purpose);
	crypto_generichash_update(&state, (const uint8_t *)cluster_name, strlen(cluster_name) + 1);
	crypto_generichash_final(&state, key.bytes, sizeof key.bytes);
	return key;
}

void auth_sign(uint8_t *datagram, size_t body_length, const struct secret_key *secret)
{
	assert(body_length <= WIRE_BODY_BYTES);
	int failed = crypto_sign_detached(datagram + body_length, NULL, datagram, body_length,
	                                  secret->bytes);
	assert(failed == 0);
	(void)failed;
}

/* The tag over `length` bytes. */
static void make_tag(uint8_t tag[WIRE_TAG_BYTES], const uint8_t *datagram, size_t length,
                     const struct tag_key *key)
{
	int failed = crypto_generichash(tag, WIRE_TAG_BYTES, datagram, length, key->bytes,
	                                sizeof key->bytes);
	assert(failed == 0);
	(void)failed;
}

size_t auth_tag(uint8_t *datagram, size_t body_length, const struct tag_key *key)
{
	size_t tagged = body_length + WIRE_SIGNATURE_BYTES;

	assert(body_length <= WIRE_BODY_BYTES);
	make_tag(datagram + tagged, datagram, tagged, key);
	return tagged + WIRE_TAG_BYTES;
}

bool auth_tag_matches(const uint8_t *datagram, size_t length, const struct tag_key *key)
{
	uint8_t tag[WIRE_TAG_BYTES];

	if (length < WIRE_TRAILER_BYTES || length > DATAGRAM_BYTES)
		return false;
	make_tag(tag, datagram, length - WIRE_TAG_BYTES, key);
	return sodium_memcmp(tag, datagram + length - WIRE_TAG_BYTES, sizeof tag) == 0;
}

bool auth_signature_matches(const uint8_t *datagram, size_t length, const struct public_key *key)
{
	if (length < WIRE_TRAILER_BYTES || length > DATAGRAM_BYTES)
		return false;
	size_t body_length = length - WIRE_TRAILER_BYTES;
	return crypto_sign_verify_detached(datagram + body_length, datagram, body_length,
	                                   key->bytes) == 0;
}

bool auth_self_test(void)
{
	static const char body[] = "failoverd seal self-test";
	static const uint8_t seed[crypto_sign_SEEDBYTES] = {[0] = 1, [31] = 2};
	static const uint8_t trailer[WIRE_TRAILER_BYTES] = {
	    0x20, 0x75, 0x83, 0xa7, 0x8b, 0xd2, 0x34, 0xc8, 0x33, 0x4d, 0x67, 0xd0, 0x22, 0x09,
	    0x43, 0xb7, 0x56, 0xb8, 0xc0, 0x37, 0xd8, 0x95, 0xdc, 0x55, 0x8f, 0x1b, 0x52, 0x67,
	    0xa5, 0x49, 0x71, 0x95, 0xfa, 0xa1, 0x21, 0x15, 0xcf, 0x8e, 0xd2, 0x16, 0xa4, 0xcf,
	    0x1d, 0xd2, 0xdc, 0xea, 0xa3, 0x0b, 0xa0, 0x5f, 0x65, 0xe0, 0xab, 0x2f, 0xf6, 0xcb,
	    0xf1, 0xd6, 0x1a, 0x01, 0x0c, 0x47, 0xdf, 0x00, 0x06, 0x20, 0x2e, 0x41, 0xd7, 0x56,
	    0xaf, 0x2a, 0x9a, 0x8c, 0xc7, 0x53, 0x95, 0x01, 0xbc, 0xa3,
	};
	uint8_t datagram[sizeof body + WIRE_TRAILER_BYTES];
	struct public_key public;
	struct secret_key secret;

	if (crypto_sign_seed_keypair(public.bytes, secret.bytes, seed) != 0)
		return false;
	struct tag_key tag_key = auth_tag_key("self-test", &public);
	memcpy(datagram, body, sizeof body);
	auth_sign(datagram, sizeof body, &secret);
	size_t length = auth_tag(datagram, sizeof body, &tag_key);
	if (length != sizeof datagram ||
	    memcmp(datagram + sizeof body, trailer, sizeof trailer) != 0)
		return false;
	if (!auth_tag_matches(datagram, length, &tag_key) ||
	    !auth_signature_matches(datagram, length, &public))
		return false;
	datagram[3] ^= 0x10;
	return !auth_tag_matches(datagram, length, &tag_key) &&
	       !auth_signature_matches(datagram, length, &public);
}
