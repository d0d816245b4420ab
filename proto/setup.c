/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identities from names, the length of a promise, and look-ups in the setup. Knows nothing of where
 * a setup comes from.
 */
#include "proto/setup.h"

#include <assert.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>

enum {
	/* libsodium hashes to no fewer bytes; the first eight are the identity. */
	HASH_BYTES = crypto_generichash_BYTES_MIN,
	ID_BYTES = 8,
};

/* The first eight bytes of a hash, big-endian. Zero means "none" everywhere, so it becomes one. */
static uint64_t id_of_hash(const uint8_t hash[HASH_BYTES])
{
	uint64_t id = 0;
	for (size_t i = 0; i < ID_BYTES; i++)
		id = id << 8 | hash[i];
	return id == 0 ? 1 : id;
}

static uint64_t hash_id(const uint8_t *bytes, size_t length)
{
	uint8_t hash[HASH_BYTES];
	int failed = crypto_generichash(hash, sizeof hash, bytes, length, NULL, 0);
	assert(failed == 0);
	(void)failed;
	return id_of_hash(hash);
}

uint64_t name_id(const char *name)
{
	return hash_id((const uint8_t *)name, strlen(name));
}

/* With an hour each for lease and release the product stays below 2^53, far from the edge. */
struct span timing_promise(struct timing timing)
{
	const int64_t slow = 1000 - DRIFT_PER_MILLE;
	const int64_t fast = 1000 + DRIFT_PER_MILLE;
	int64_t covered = timing.lease.ns + timing.release.ns;
	assert(covered >= 0);
	assert(covered <= INT64_MAX / (fast + slow));
	return (struct span){(covered * fast + slow - 1) / slow};
}

uint8_t setup_member_of(const struct setup *setup, uint64_t id)
{
	for (uint8_t i = 0; i < setup->member_count; i++)
		if (setup->members[i].id == id)
			return i;
	return NO_MEMBER;
}

uint8_t setup_role_of(const struct setup *setup, uint64_t id)
{
	uint8_t role = 0;
	while (role < setup->role_count && setup->roles[role].id != id)
		role++;
	return role;
}

struct voters setup_voters(const struct setup *setup)
{
	struct voters voters = {0};
	for (uint8_t i = 0; i < setup->member_count; i++) {
		if (!setup->members[i].votes)
			continue;
		uint64_t id = setup->members[i].id;
		uint8_t at = voters.count++;
		for (; at > 0 && voters.ids[at - 1] > id; at--)
			voters.ids[at] = voters.ids[at - 1];
		voters.ids[at] = id;
	}
	return voters;
}

bool voters_contain(const struct voters *voters, uint64_t id)
{
	for (uint8_t i = 0; i < voters->count; i++)
		if (voters->ids[i] == id)
			return true;
	return false;
}

/* The word in front keeps the digest of a set apart from the identity of any name. */
uint64_t voters_digest(const struct voters *voters)
{
	static const char word[] = "voters";
	uint8_t bytes[sizeof word + MEMBERS_MAX * ID_BYTES];
	size_t length = sizeof word;
	assert(voters->count <= MEMBERS_MAX);
	memcpy(bytes, word, sizeof word);
	for (uint8_t i = 0; i < voters->count; i++)
		for (unsigned shift = 8 * ID_BYTES; shift > 0; shift -= 8)
			bytes[length++] = (uint8_t)(voters->ids[i] >> (shift - 8));
	return hash_id(bytes, length);
}
