/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making, writing and reading the secret key. Every copy of it made here is wiped before the call
 * returns.
 */
#include "daemon/key.h"

#include <sodium.h>
#include <string.h>

#include "daemon/file.h"

enum {
	SEED_BYTES = crypto_sign_SEEDBYTES,
	SEED_TEXT_BYTES = sodium_base64_ENCODED_LEN(SEED_BYTES, sodium_base64_VARIANT_ORIGINAL),
	/* The line, its end in either style, and a byte to notice more. */
	KEY_FILE_BYTES = SEED_TEXT_BYTES + 2,
};

void key_make(struct secret_key *secret, struct public_key *public)
{
	uint8_t seed[SEED_BYTES];

	/* A secret that could also be a public key would not be recognised in a shared file. */
	do
		randombytes_buf(seed, sizeof seed);
	while (crypto_core_ed25519_is_valid_point(seed) == 1);
	(void)crypto_sign_seed_keypair(public->bytes, secret->bytes, seed);
	sodium_memzero(seed, sizeof seed);
}

enum code key_write(const char *path, const struct secret_key *secret, struct error *error)
{
	char text[SEED_TEXT_BYTES + 1];
	uint8_t seed[SEED_BYTES];
	size_t length;
	enum code code;

	(void)crypto_sign_ed25519_sk_to_seed(seed, secret->bytes);
	(void)sodium_bin2base64(text, SEED_TEXT_BYTES, seed, sizeof seed,
	                        sodium_base64_VARIANT_ORIGINAL);
	length = strlen(text);
	text[length] = '\n';
	code = file_create(path, 0600, (const uint8_t *)text, length + 1, error);
	sodium_memzero(seed, sizeof seed);
	sodium_memzero(text, sizeof text);
	if (code == CODE_EXISTS)
		return error_set(error, code,
		                 "%s exists already and is left as it is; choose another file or "
		                 "move that one away",
		                 path);
	return code;
}

static enum code decode(const char *path, const uint8_t *text, size_t length,
                        struct secret_key *secret, struct public_key *public, struct error *error)
{
	uint8_t seed[SEED_BYTES];
	size_t seed_length = 0;
	const char *end = NULL;
	int failed;

	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	failed = sodium_base642bin(seed, sizeof seed, (const char *)text, length, NULL,
	                           &seed_length, &end, sodium_base64_VARIANT_ORIGINAL);
	if (failed != 0 || seed_length != sizeof seed || end != (const char *)text + length) {
		sodium_memzero(seed, sizeof seed);
		return error_set(
		    error, CODE_INVALID,
		    "%s: not a secret key; expected one line of %d characters of base64, "
		    "as `failoverd keygen` writes it",
		    path, SEED_TEXT_BYTES - 1);
	}
	(void)crypto_sign_seed_keypair(public->bytes, secret->bytes, seed);
	sodium_memzero(seed, sizeof seed);
	return CODE_OK;
}

enum code key_read(const char *path, struct secret_key *secret, struct public_key *public,
                   struct error *error)
{
	uint8_t text[KEY_FILE_BYTES];
	size_t length = 0;
	enum code code = file_read(path, text, sizeof text, &length, error);

	if (code == CODE_NOT_FOUND)
		return error_set(error, code,
		                 "%s: there is no secret key; make one with `failoverd keygen`",
		                 path);
	if (code == CODE_TOO_LARGE)
		code = error_set(error, CODE_INVALID, "%s: too long for a secret key", path);
	if (code == CODE_OK)
		code = decode(path, text, length, secret, public, error);
	sodium_memzero(text, sizeof text);
	return code;
}
