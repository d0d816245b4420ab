/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the protocol needs to know of the configuration: who the members are, which roles there
 * are, and the timing. Plain data, filled by config/ or by a test; knows nothing of files,
 * addresses or keys.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/identities.h"
#include "proto/limits.h"

/* Index into setup.members. */
enum { NO_MEMBER = 0xff };

/* Identity of a cluster, member or role on the wire: a hash of its name, never 0. */
uint64_t name_id(const char *name);

struct timing {
	struct span heartbeat; /* one datagram to every other member this often */
	struct span lease;     /* how long a vote supports an owner, from its heartbeat's send */
	struct span release;   /* forced release of all resources takes at most this long */
};

/* How long a voter's grant to a claimant with this timing binds it, on the voter's own clock:
 * (lease + release) * (1 + drift) / (1 - drift), rounded up. */
struct span timing_promise(struct timing timing);

struct setup_member {
	char name[NAME_BYTES];
	uint64_t id;
	bool is_node; /* may own roles; false: a witness */
	bool votes;
	uint8_t path_count; /* addresses; path i to a peer exists while both have an address i */
	struct span fence_limit; /* switching it off takes at most so long; 0: it cannot be done */
};

struct setup_role {
	char name[NAME_BYTES];
	uint64_t id;
	uint32_t definition; /* digest of the role and its resources; differs: config mismatch */
	struct identities identities; /* of its resources */
	uint8_t node_count;
	uint8_t nodes[MEMBERS_MAX]; /* indexes of members, best first */
	bool fails_back;
	struct span failback; /* with fails_back: after the better node was fit for this long */
	bool fences;          /* the old owner is switched off before this role starts elsewhere */
	/* This member is among `nodes` only for what it still has of it: its file does not let it
	 * own the role any more, see retire.c. */
	bool retired;
	bool forgotten; /* and no role of the file has this name */
};

struct setup {
	uint64_t cluster_id;
	uint64_t config_digest; /* of the whole file's meaning */
	struct timing timing;
	uint8_t self; /* index of this member */
	uint8_t member_count;
	struct setup_member members[MEMBERS_MAX];
	uint8_t role_count;
	struct setup_role roles[ROLES_MAX];
};

/* Index of the member or role with this id; NO_MEMBER, or role_count, when there is none. */
uint8_t setup_member_of(const struct setup *setup, uint64_t id);
uint8_t setup_role_of(const struct setup *setup, uint64_t id);

/* The set of members with a vote. Remembered, not reread: see member.h. */
struct voters {
	uint8_t count;
	uint64_t ids[MEMBERS_MAX]; /* ascending */
};

struct voters setup_voters(const struct setup *setup);
bool voters_contain(const struct voters *voters, uint64_t id);
uint64_t voters_digest(const struct voters *voters);
