/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BLAKE2b over the printed form; the first bytes of the hash, big-endian.
 */
#include "config/digest.h"

#include <assert.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>

#include "config/print.h"

struct hash {
	crypto_generichash_state state;
};

static void hash_write(void *context, const char *text, size_t length)
{
	struct hash *hash = context;
	int failed = crypto_generichash_update(&hash->state, (const uint8_t *)text, length);
	assert(failed == 0);
	(void)failed;
}

static void hash_begin(struct hash *hash)
{
	int failed = crypto_generichash_init(&hash->state, NULL, 0, crypto_generichash_BYTES);
	assert(failed == 0);
	(void)failed;
}

static uint64_t hash_end(struct hash *hash)
{
	uint8_t bytes[crypto_generichash_BYTES];
	uint64_t digest = 0;
	int failed = crypto_generichash_final(&hash->state, bytes, sizeof bytes);
	assert(failed == 0);
	(void)failed;
	for (size_t i = 0; i < sizeof digest; i++)
		digest = digest << 8 | bytes[i];
	return digest;
}

uint64_t digest_config(const struct config *config)
{
	struct hash hash;
	hash_begin(&hash);
	config_write(config, &(struct sink){.write = hash_write, .context = &hash});
	return hash_end(&hash);
}

uint32_t digest_role(const struct config *config, uint8_t role)
{
	struct hash hash;
	hash_begin(&hash);
	config_write_role(config, role, &(struct sink){.write = hash_write, .context = &hash});
	return (uint32_t)(hash_end(&hash) >> 32);
}

static uint64_t digest_command(const struct config_resource *resource,
                               const struct command *command)
{
	struct hash hash;
	hash_begin(&hash);
	hash_write(&hash, command->words, command->length);
	/* With its zero: where one ends and the next begins counts. */
	hash_write(&hash, resource->user, strlen(resource->user) + 1);
	hash_write(&hash, resource->directory, strlen(resource->directory) + 1);
	/* Nothing for none: as it was before there were any. */
	hash_write(&hash, resource->environment.words, resource->environment.length);
	return hash_end(&hash) >> 1; /* fits a signed number */
}

uint64_t digest_program(const struct config_resource *resource)
{
	return digest_command(resource, &resource->start);
}

uint64_t digest_stop(const struct config_resource *resource)
{
	return digest_command(resource, &resource->stop);
}

uint32_t digest_identity(const struct config_resource *resource)
{
	struct hash hash;
	if (resource->type != RESOURCE_VIP)
		return (uint32_t)digest_program(resource);
	hash_begin(&hash);
	hash_write(&hash, (const char *)&resource->address.family, sizeof resource->address.family);
	hash_write(&hash, (const char *)resource->address.bytes, sizeof resource->address.bytes);
	return (uint32_t)hash_end(&hash);
}

static bool is_in_another(const struct config *config, uint8_t role, uint32_t identity)
{
	for (uint8_t r = 0; r < config->setup.role_count; r++)
		for (uint8_t i = 0; i < config->roles[r].resource_count && r != role; i++)
			if (digest_identity(&config->resources[config->roles[r].resources[i]]) ==
			    identity)
				return true;
	return false;
}

void digest_identities(struct config *config)
{
	for (uint8_t r = 0; r < config->setup.role_count; r++) {
		struct setup_role *role = &config->setup.roles[r];
		role->identities.count = 0;
		for (uint8_t i = 0; i < config->roles[r].resource_count; i++) {
			uint32_t id =
			    digest_identity(&config->resources[config->roles[r].resources[i]]);
			if (is_in_another(config, r, id))
				id ^= (uint32_t)role->id;
			/* One for each resource, so there is room. */
			(void)identities_add(&role->identities,
			                     &(struct identities){.count = 1, .ids = {id}});
		}
	}
}
