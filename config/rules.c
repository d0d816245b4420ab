/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules, and one predicate for each. An error is what could not work, or not safely; a warning
 * is what works and is probably not meant.
 */
#include "config/rules.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "config/print.h"
#include "config/rules_layers.h"

enum {
	MEMBER = 1 << SECTION_NODE | 1 << SECTION_WITNESS,
	NODE = 1 << SECTION_NODE,
	WITNESS = 1 << SECTION_WITNESS,
	ROLE = 1 << SECTION_ROLE,
	RESOURCE = 1 << SECTION_RESOURCE,
	FENCE = 1 << SECTION_FENCE,

	LEASE_HEARTBEATS = 4, /* so that three heartbeats may be lost in a row */
	SHORT_LEASE_MS = 200,
	LONG_LEASE_MS = 60000,
};

static const struct config_member *member_of(const struct draft *draft,
                                             const struct section *section)
{
	return &draft->config->members[section->index];
}

static unsigned count_kind(const struct draft *draft, unsigned kinds)
{
	unsigned count = 0;
	for (unsigned i = 0; i < draft->section_count; i++)
		count += kinds >> draft->sections[i].kind & 1;
	return count;
}

static unsigned count_voters(const struct draft *draft)
{
	const struct setup *setup = &draft->config->setup;
	unsigned count = 0;
	for (uint8_t i = 0; i < setup->member_count; i++)
		count += setup->members[i].votes ? 1 : 0;
	return count;
}

static bool has_no_cluster(const struct subject *on, struct evidence *evidence)
{
	(void)evidence;
	return count_kind(on->draft, 1 << SECTION_CLUSTER) == 0;
}

static bool has_no_node(const struct subject *on, struct evidence *evidence)
{
	(void)evidence;
	return count_kind(on->draft, 1 << SECTION_NODE) == 0;
}

static bool has_no_voter(const struct subject *on, struct evidence *evidence)
{
	(void)evidence;
	return on->draft->config->setup.member_count > 0 && count_voters(on->draft) == 0;
}

static bool lease_is_too_short(const struct subject *on, struct evidence *evidence)
{
	const struct timing *timing = &on->draft->config->setup.timing;
	struct span least = span_times(timing->heartbeat, LEASE_HEARTBEATS);
	note_span(evidence, 'x', timing->lease);
	note_span(evidence, 'y', timing->heartbeat);
	note_span(evidence, 'z', least);
	return timing->lease.ns < least.ns;
}

static bool addresses_are_shared(const struct subject *on, struct evidence *evidence)
{
	const struct config_member *one = member_of(on->draft, on->a),
				   *other = member_of(on->draft, on->b);
	for (uint8_t i = 0; i < one->address_count; i++)
		for (uint8_t j = 0; j < other->address_count; j++)
			if (memcmp(&one->addresses[i], &other->addresses[j],
			           sizeof *one->addresses) == 0)
				note_address(evidence, 'x', &one->addresses[i]);
	return *evidence->text[0] != '\0';
}

static bool families_differ(const struct subject *on, struct evidence *evidence)
{
	const struct config_member *one = member_of(on->draft, on->a),
				   *other = member_of(on->draft, on->b);
	for (uint8_t i = 0; i < one->address_count && i < other->address_count; i++) {
		if (one->addresses[i].family == other->addresses[i].family)
			continue;
		note_number(evidence, 'x', i + 1U);
		note_address(evidence, 'y', &one->addresses[i]);
		note_address(evidence, 'z', &other->addresses[i]);
		return true;
	}
	return false;
}

static bool keys_are_shared(const struct subject *on, struct evidence *evidence)
{
	const struct config_member *one = member_of(on->draft, on->a),
				   *other = member_of(on->draft, on->b);
	(void)evidence;
	for (uint8_t i = 0; i < one->key_count; i++)
		for (uint8_t j = 0; j < other->key_count; j++)
			if (memcmp(&one->keys[i], &other->keys[j], sizeof *one->keys) == 0)
				return true;
	return false;
}

/* A secret of this host or of another member of the file: as a seed, it makes that public key. */
static bool key_is_secret(const struct subject *on, struct evidence *evidence)
{
	const struct config_member *one = member_of(on->draft, on->a);
	const struct config *config = on->draft->config;
	(void)evidence;
	for (uint8_t i = 0; i < one->key_count; i++) {
		struct public_key made;
		uint8_t secret[crypto_sign_SECRETKEYBYTES];
		(void)crypto_sign_seed_keypair(made.bytes, secret, one->keys[i].bytes);
		sodium_memzero(secret, sizeof secret);
		if (on->draft->self != NULL && memcmp(&made, on->draft->self, sizeof made) == 0)
			return true;
		for (uint8_t m = 0; m < config->setup.member_count; m++)
			for (uint8_t k = 0; k < config->members[m].key_count; k++)
				if (memcmp(&made, &config->members[m].keys[k], sizeof made) == 0)
					return true;
	}
	return false;
}

/* On the wire members and roles are known by their ids alone. */
static bool member_ids_are_shared(const struct subject *on, struct evidence *evidence)
{
	const struct setup_member *members = on->draft->config->setup.members;
	(void)evidence;
	return members[on->a->index].id == members[on->b->index].id;
}

static bool role_ids_are_shared(const struct subject *on, struct evidence *evidence)
{
	const struct setup_role *roles = on->draft->config->setup.roles;
	(void)evidence;
	return roles[on->a->index].id == roles[on->b->index].id;
}

static bool resources_are_shared(const struct subject *on, struct evidence *evidence)
{
	const struct config_role *one = &on->draft->config->roles[on->a->index];
	const struct config_role *other = &on->draft->config->roles[on->b->index];
	for (uint8_t i = 0; i < one->resource_count; i++)
		if (memchr(other->resources, one->resources[i], other->resource_count) != NULL)
			note(evidence, 'x', on->draft->config->resources[one->resources[i]].name);
	return *evidence->text[0] != '\0';
}

static bool vips_are_the_same(const struct subject *on, struct evidence *evidence)
{
	const struct config_resource *one = &on->draft->config->resources[on->a->index];
	const struct config_resource *other = &on->draft->config->resources[on->b->index];
	if (one->type != RESOURCE_VIP || other->type != RESOURCE_VIP)
		return false;
	note_address(evidence, 'x', &one->address);
	return memcmp(&one->address, &other->address, sizeof one->address) == 0;
}

static bool vip_is_of_member(const struct subject *on, struct evidence *evidence)
{
	const struct config_member *member = member_of(on->draft, on->a);
	const struct config_resource *resource = &on->draft->config->resources[on->b->index];
	if (resource->type != RESOURCE_VIP)
		return false;
	note_address(evidence, 'x', &resource->address);
	for (uint8_t i = 0; i < member->address_count; i++)
		if (memcmp(&member->addresses[i], &resource->address, sizeof *member->addresses) ==
		    0)
			return true;
	return false;
}

static bool self_is_unknown(const struct subject *on, struct evidence *evidence)
{
	const struct config *config = on->draft->config;
	unsigned keys = 0;
	char text[KEY_TEXT_BYTES];
	if (on->draft->self == NULL || config->setup.self != NO_MEMBER)
		return false;
	for (uint8_t i = 0; i < config->setup.member_count; i++)
		keys += config->members[i].key_count;
	key_format(on->draft->self, text);
	note_number(evidence, 'x', keys);
	note(evidence, 'y', text);
	return true;
}

static bool has_no_role(const struct subject *on, struct evidence *evidence)
{
	(void)evidence;
	return count_kind(on->draft, ROLE) == 0;
}

static bool resource_is_unlisted(const struct subject *on, struct evidence *evidence)
{
	const struct config *config = on->draft->config;
	(void)evidence;
	for (uint8_t i = 0; i < config->setup.role_count; i++) {
		const struct config_role *role = &config->roles[i];
		if (memchr(role->resources, on->a->index, role->resource_count) != NULL)
			return false;
	}
	return true;
}

static bool voters_are_even(const struct subject *on, struct evidence *evidence)
{
	unsigned voters = count_voters(on->draft);
	note_number(evidence, 'x', voters);
	note_number(evidence, 'y', voters / 2);
	return voters > 0 && voters % 2 == 0;
}

static bool voter_is_single(const struct subject *on, struct evidence *evidence)
{
	(void)evidence;
	return count_voters(on->draft) == 1;
}

static bool node_is_single(const struct subject *on, struct evidence *evidence)
{
	const struct setup *setup = &on->draft->config->setup;
	const struct setup_role *role = &setup->roles[on->a->index];
	if (role->node_count != 1)
		return false;
	note(evidence, 'x', setup->members[role->nodes[0]].name);
	return true;
}

static bool witness_is_idle(const struct subject *on, struct evidence *evidence)
{
	(void)evidence;
	return !on->draft->config->setup.members[on->a->index].votes;
}

static bool lease_is_risky(const struct subject *on, struct evidence *evidence)
{
	struct span lease = on->draft->config->setup.timing.lease;
	note_span(evidence, 'x', lease);
	return lease.ns < span_ms(SHORT_LEASE_MS).ns;
}

static bool lease_is_long(const struct subject *on, struct evidence *evidence)
{
	struct span lease = on->draft->config->setup.timing.lease;
	note_span(evidence, 'x', lease);
	return lease.ns > span_ms(LONG_LEASE_MS).ns;
}

/* Compared with the member that has most, so that a node is named once. A witness on one network is
 * how most clusters are built. */
static bool has_fewer_addresses(const struct subject *on, struct evidence *evidence)
{
	const struct config *config = on->draft->config;
	uint8_t most = 0;
	for (uint8_t i = 1; i < config->setup.member_count; i++)
		if (config->members[i].address_count > config->members[most].address_count)
			most = i;
	note_number(evidence, 'x', config->members[on->a->index].address_count);
	note_number(evidence, 'y', config->members[most].address_count);
	note(evidence, 'z', config->setup.members[most].name);
	return config->members[on->a->index].address_count < config->members[most].address_count;
}

static const struct rule rules[] = {
    {RULE_ERROR | RULE_COUNTS, has_no_cluster,
     .sentence = "there is no section [cluster]; expected one, with a key 'name'"},
    {RULE_ERROR | RULE_COUNTS, has_no_node,
     .sentence =
         "there is no section [node NAME]; expected one for each machine that may own roles"},
    {RULE_ERROR | RULE_COUNTS, has_no_voter, .keys = {{SECTION_NODE, "votes"}},
     .sentence = "no member has a vote; expected votes = 1 for an odd number of members"},
    {RULE_ERROR | RULE_COUNTS, self_is_unknown, .keys = {{SECTION_NODE, "key"}},
     .sentence = "none of the {x} keys in this file is that of this host, {y}; add it to the "
                 "section of this host, or use the secret key that matches"},
    {RULE_ERROR, lease_is_too_short,
     .keys = {{SECTION_CLUSTER, "lease"},
              {SECTION_CLUSTER, "heartbeat"},
              {SECTION_CLUSTER, "timing"}},
     .sentence = "the lease of {x} is shorter than 4 heartbeats of {y}; expected at least {z}"},
    {RULE_ERROR, addresses_are_shared, .a = MEMBER, .b = MEMBER,
     .keys = {{SECTION_NODE, "address"}}, .sentence = "{a} and {b} share the address {x}"},
    {RULE_ERROR, families_differ, .a = MEMBER, .b = MEMBER, .keys = {{SECTION_NODE, "address"}},
     .sentence =
         "path {x} between {a} and {b} would lead from {y} to {z}; expected two IPv4 or two IPv6 "
         "addresses"},
    {RULE_ERROR, keys_are_shared, .a = MEMBER, .b = MEMBER, .keys = {{SECTION_NODE, "key"}},
     .sentence = "{a} and {b} share a key; expected a key pair of its own for each member"},
    {RULE_ERROR, key_is_secret, .a = MEMBER, .keys = {{SECTION_NODE, "key"}},
     .sentence = "{a} has a secret key here, which is secret no more: make a new pair, and write "
                 "here what `failoverd keygen` prints"},
    {RULE_ERROR, member_ids_are_shared, .a = MEMBER, .b = MEMBER,
     .sentence = "the names of {a} and {b} have the same hash; rename one of them"},
    {RULE_ERROR, role_ids_are_shared, .a = ROLE, .b = ROLE,
     .sentence = "the names of {a} and {b} have the same hash; rename one of them"},
    {RULE_ERROR, resources_are_shared, .a = ROLE, .b = ROLE, .keys = {{SECTION_ROLE, "resources"}},
     .sentence = "{a} and {b} share the resource {x}; expected each resource in one role"},
    {RULE_ERROR, vips_are_the_same, .a = RESOURCE, .b = RESOURCE,
     .keys = {{SECTION_RESOURCE, "address"}, {SECTION_RESOURCE, "type"}},
     .sentence = "{a} and {b} are both the address {x}"},
    {RULE_ERROR, vip_is_of_member, .a = MEMBER, .b = RESOURCE,
     .keys = {{SECTION_RESOURCE, "address"}, {SECTION_RESOURCE, "type"}, {SECTION_NODE, "address"}},
     .sentence =
         "{b} has the address {x}, which is the own one of {a}; expected one that no member has"},
    {RULE_ERROR, fence_turn_is_missing, .a = FENCE,
     .sentence = "there is no section [fence {x}] before {a}; agents are counted without a gap"},
    {RULE_ERROR | RULE_COUNTS, fence_is_missing, .a = ROLE,
     .keys = {{SECTION_ROLE, "fence"}, {SECTION_ROLE, "nodes"}},
     .sentence = "{a} has its old owner switched off before a takeover, but there is no section "
                 "[fence NODE] for {x}"},
    {RULE_ERROR, required_watchdog_does_not_fit,
     .keys = {{SECTION_CLUSTER, "watchdog"},
              {SECTION_CLUSTER, "watchdog_timeout"},
              {SECTION_CLUSTER, "lease"},
              {SECTION_CLUSTER, "release"},
              {SECTION_CLUSTER, "heartbeat"},
              {SECTION_CLUSTER, "timing"}},
     .sentence = "watchdog = required cannot be had: {x}"},

    {RULE_WARNING | RULE_COUNTS, has_no_role,
     .sentence = "there is no section [role NAME]; nothing will fail over"},
    {RULE_WARNING | RULE_COUNTS, voter_is_single, .keys = {{SECTION_NODE, "votes"}},
     .sentence = "one member votes alone; without it nothing can run, and nothing can take over"},
    {RULE_WARNING | RULE_COUNTS, voters_are_even, .keys = {{SECTION_NODE, "votes"}},
     .sentence = "{x} voters are an even number; with {y} of them lost the rest is no majority: "
                 "add a [witness NAME] on another machine"},
    {RULE_WARNING, lease_is_risky,
     .keys = {{SECTION_CLUSTER, "lease"},
              {SECTION_CLUSTER, "timing"},
              {SECTION_CLUSTER, "heartbeat"}},
     .sentence =
         "the lease of {x} is short; below 200ms a pause of a busy host can cost a role its owner"},
    {RULE_WARNING, lease_is_long,
     .keys = {{SECTION_CLUSTER, "lease"},
              {SECTION_CLUSTER, "timing"},
              {SECTION_CLUSTER, "heartbeat"}},
     .sentence = "the lease of {x} is longer than a minute; a takeover waits for it, and so does "
                 "the vote of every member that reboots"},
    {RULE_WARNING, wanted_watchdog_does_not_fit,
     .keys = {{SECTION_CLUSTER, "watchdog"},
              {SECTION_CLUSTER, "watchdog_timeout"},
              {SECTION_CLUSTER, "lease"},
              {SECTION_CLUSTER, "release"},
              {SECTION_CLUSTER, "heartbeat"},
              {SECTION_CLUSTER, "timing"}},
     .sentence = "watchdog = auto will not be used: {x}"},
    {RULE_WARNING | RULE_COUNTS, fence_is_unused, .a = FENCE, .keys = {{SECTION_ROLE, "fence"}},
     .sentence = "{a} is never used: no role that {x} may own has fence = before-takeover"},
    {RULE_WARNING, has_fewer_addresses, .a = NODE, .keys = {{SECTION_NODE, "address"}},
     .sentence = "only {x} of the {y} paths of '{z}' lead to {a}, which has fewer addresses"},
    {RULE_WARNING, witness_is_idle, .a = WITNESS, .keys = {{SECTION_WITNESS, "votes"}},
     .sentence = "{a} has no vote, and a witness does nothing else"},
    {RULE_WARNING, node_is_single, .a = ROLE, .keys = {{SECTION_ROLE, "nodes"}},
     .sentence = "{a} has the only node '{x}'; it cannot fail over"},
    {RULE_WARNING | RULE_COUNTS, resource_is_unlisted, .a = RESOURCE,
     .keys = {{SECTION_ROLE, "resources"}}, .sentence = "{a} is in no role; nothing will start it"},
};

size_t rules_count(void)
{
	return sizeof rules / sizeof *rules;
}

const struct rule *rules_at(size_t index)
{
	return &rules[index];
}
