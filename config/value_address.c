/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that name an end: addresses, networks, public keys. Names of hosts are never resolved: a
 * cluster that needs DNS to start does not start when DNS is what failed.
 */
#include "config/value.h"

#include <sodium.h>
#include <string.h>

enum {
	KEY_CHARACTERS = 44,    /* base64 of 32 bytes with its padding */
	SECRET_CHARACTERS = 88, /* base64 of 64 bytes */
	BITS_V4 = 32,
	BITS_V6 = 128,
};

static bool starts_with(const struct address *address, const uint8_t *prefix, size_t length)
{
	return memcmp(address->bytes, prefix, length) == 0;
}

/* Why an address that can be read can still not be one of a member or role; NULL: it can. */
static const char *unusable(const struct address *address)
{
	static const uint8_t zeros[16] = {0};
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *bytes = address->bytes;
	if (starts_with(address, zeros, sizeof zeros))
		return "means any address";
	if (address->family == ADDRESS_IPV4) {
		if (bytes[0] >= 224)
			return bytes[0] < 240 ? "is a multicast address" : "is a reserved address";
		return bytes[0] == 0 ? "is a reserved address" : NULL;
	}
	if (bytes[0] == 0xff)
		return "is a multicast address";
	if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80)
		return "is a link-local address, which means another host on every interface";
	if (starts_with(address, mapped, sizeof mapped))
		return "is an IPv4 address in disguise; write it as IPv4";
	return NULL;
}

enum code value_address(const char *text, struct address *address, struct error *error)
{
	struct address found;
	if (strchr(text, '/') != NULL)
		return error_set(
		    error, CODE_INVALID,
		    "'%s' has a prefix length; expected the address alone, such as 10.0.0.11",
		    excerpt_of(text).text);
	if (!address_read(text, &found))
		return error_set(error, CODE_INVALID,
		                 "'%s' is not an IPv4 or IPv6 address, such as 10.0.0.11 or "
		                 "2001:db8::11; names are not looked up",
		                 excerpt_of(text).text);
	const char *why = unusable(&found);
	if (why != NULL)
		return error_set(error, CODE_INVALID, "'%s' %s", excerpt_of(text).text, why);
	*address = found;
	return CODE_OK;
}

/* 1 to `most`, or 0 for what is not such a number. */
static uint8_t prefix_of(const char *text, unsigned most)
{
	unsigned prefix = 0;
	size_t length = strspn(text, "0123456789");
	if (length > 3 || text[length] != '\0' || *text == '0')
		return 0;
	for (size_t i = 0; i < length; i++)
		prefix = prefix * 10 + (unsigned)(text[i] - '0');
	return prefix <= most ? (uint8_t)prefix : 0;
}

/* All bits behind the prefix are zero: every router of an IPv6 network answers for that address. A
 * link between two has no such one (RFC 6164). */
static bool is_routers_anycast(const struct address *address, uint8_t prefix)
{
	if (prefix > BITS_V6 - 2)
		return false;
	for (unsigned bit = prefix; bit < BITS_V6; bit++)
		if ((address->bytes[bit / 8] & 0x80U >> bit % 8) != 0)
			return false;
	return true;
}

/* Why no single host of that network can have the address to itself; NULL: one can. In an IPv4
 * network with room for them, the first and the last address belong to nobody. */
static const char *unowned(const struct address *address, uint8_t prefix)
{
	if (address_is_loopback(address))
		return "is a loopback address, which only its own host can reach";
	if (address->family == ADDRESS_IPV6)
		return is_routers_anycast(address, prefix)
		           ? "is the anycast address of the routers of its network"
		           : NULL;
	if (prefix > BITS_V4 - 2)
		return NULL;
	uint32_t bits = 0;
	for (unsigned i = 0; i < 4; i++)
		bits = bits << 8 | address->bytes[i];
	uint32_t hosts = UINT32_MAX >> prefix;
	if ((bits & hosts) == 0)
		return "is the network itself, not an address in it";
	return (bits & hosts) == hosts ? "is the broadcast address of its network" : NULL;
}

enum code value_network(const char *text, struct address *address, uint8_t *prefix,
                        struct error *error)
{
	const char *slash = strchr(text, '/');
	size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);
	char alone[ADDRESS_TEXT_BYTES] = "";
	struct address found;
	if (length < sizeof alone)
		memcpy(alone, text, length);
	if (!address_read(alone, &found))
		return error_set(
		    error, CODE_INVALID,
		    "'%s' is not an IPv4 or IPv6 address with its prefix length, such as "
		    "10.0.0.100/24",
		    excerpt_of(text).text);
	unsigned bits = found.family == ADDRESS_IPV4 ? BITS_V4 : BITS_V6;
	if (slash == NULL)
		return error_set(error, CODE_INVALID,
		                 "'%s' has no prefix length; expected something like %s/%u",
		                 excerpt_of(text).text, alone, bits == BITS_V4 ? 24U : 64U);
	uint8_t found_prefix = prefix_of(slash + 1, bits);
	if (found_prefix == 0)
		return error_set(error, CODE_INVALID,
		                 "'%s' has a bad prefix length; expected a number from 1 to %u",
		                 excerpt_of(text).text, bits);
	const char *why = unusable(&found);
	if (why == NULL)
		why = unowned(&found, found_prefix);
	if (why != NULL)
		return error_set(error, CODE_INVALID, "'%s' %s", excerpt_of(text).text, why);
	*address = found;
	*prefix = found_prefix;
	return CODE_OK;
}

/* The text is not quoted: it may be a secret key in the wrong place. */
enum code value_key(const char *text, struct public_key *key, struct error *error)
{
	struct public_key found;
	size_t decoded = 0;
	size_t length = strlen(text);
	if (length == SECRET_CHARACTERS)
		return error_set(
		    error, CODE_INVALID,
		    "this has the length of a secret key, which belongs into no shared "
		    "file; expected the public key");
	if (length != KEY_CHARACTERS)
		return error_set(
		    error, CODE_INVALID,
		    "%zu characters are no public key; expected the %d that `failoverd "
		    "keygen` prints",
		    length, KEY_CHARACTERS);
	int failed = sodium_base642bin(found.bytes, sizeof found.bytes, text, length, NULL,
	                               &decoded, NULL, sodium_base64_VARIANT_ORIGINAL);
	if (failed != 0 || decoded != sizeof found.bytes)
		return error_set(error, CODE_INVALID,
		                 "this is not the base64 of a public key; expected what `failoverd "
		                 "keygen` prints");
	/* A secret key has the same length, and no random bytes are a public key but one time in
	 * 16; `keygen` makes none that are. */
	if (crypto_core_ed25519_is_valid_point(found.bytes) == 0)
		return error_set(
		    error, CODE_INVALID,
		    "this is no public key; if it is the content of node.key, it is the "
		    "secret one: make a new pair, for it is secret no more, and write here what "
		    "`failoverd keygen` prints");
	*key = found;
	return CODE_OK;
}
