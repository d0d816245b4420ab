/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sending half of the protocol, for tests of the receiving half.
 */
#include "tests/proto/sealed.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

struct keys sealed_keys(uint8_t number)
{
	uint8_t seed[crypto_sign_SEEDBYTES] = {number, 1, 2, 3};
	struct keys keys;
	int failed = crypto_sign_seed_keypair(keys.public.bytes, keys.secret.bytes, seed);
	assert(failed == 0);
	(void)failed;
	return keys;
}

static struct tag_key tag_key_of_first(void)
{
	struct keys keys = sealed_keys(0);
	return auth_tag_key("test", &keys.public);
}

struct admission sealed_door(void)
{
	struct admission admission = {.cluster = 1, .self = 0, .member_count = SEALED_MEMBERS};

	for (uint8_t i = 0; i < SEALED_MEMBERS; i++) {
		admission.ids[i] = 10u + i;
		admission.key_count[i] = 1;
		admission.keys[i][0] = sealed_keys(i).public;
	}
	admission.tag_key_count = 1;
	admission.tag_keys[0] = tag_key_of_first();
	return admission;
}

struct datagram sealed_body(const uint8_t *body, size_t length, const struct secret_key *secret)
{
	struct datagram datagram;
	struct tag_key tag_key = tag_key_of_first();

	assert(length <= WIRE_BODY_BYTES);
	memcpy(datagram.bytes, body, length);
	auth_sign(datagram.bytes, length, secret);
	datagram.length = auth_tag(datagram.bytes, length, &tag_key);
	return datagram;
}

struct datagram sealed_page(const struct heartbeat *page, const struct secret_key *secret)
{
	uint8_t body[WIRE_BODY_BYTES];
	size_t length = 0;
	enum code code = wire_encode(page, body, &length, NULL);
	assert(code == CODE_OK);
	(void)code;
	return sealed_body(body, length, secret);
}
