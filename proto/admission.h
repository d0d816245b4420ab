/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission: decides for each received datagram whether it is let in, in order of cost: size and
 * magic, version, cluster, tag, sender, source, newness, signature, content. Counts what it refuses
 * and why, per member. Foreign bytes are parsed by nothing else. Does no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/auth.h"
#include "proto/heartbeat.h"
#include "proto/limits.h"
#include "proto/replay_window.h"

enum refusal {
	REFUSAL_NONE,    /* let in */
	REFUSAL_TWIN,    /* a copy, over another path, of a page that was let in: counts for the
	                    path only */
	REFUSAL_JUNK,    /* not a datagram of this protocol */
	REFUSAL_VERSION, /* another major version */
	REFUSAL_WRONG_CLUSTER,
	REFUSAL_BAD_TAG,     /* made without the configuration file, or for another receiver */
	REFUSAL_UNKNOWN_KEY, /* no such member here */
	REFUSAL_SOURCE,      /* a member, but not from one of its addresses */
	REFUSAL_REPLAY,      /* not newer than what was heard */
	REFUSAL_BAD_SIGNATURE,
	REFUSAL_MALFORMED, /* signed by the member, but not understood */
};
enum { REFUSALS = REFUSAL_MALFORMED + 1 };

/* Short signatures of recent pages, to tell a twin from a replay. */
struct admission_recent {
	uint32_t incarnation;
	uint64_t seqs[LOSS_WINDOW];
	uint64_t signatures[LOSS_WINDOW];
	uint8_t seen_on[LOSS_WINDOW]; /* bit per path */
};

struct admission {
	uint64_t cluster;
	uint8_t self;
	uint8_t member_count;
	uint64_t ids[MEMBERS_MAX];
	uint8_t key_count[MEMBERS_MAX];
	struct public_key keys[MEMBERS_MAX][SEAL_KEYS_MAX];
	struct tag_key tag_keys[SEAL_KEYS_MAX]; /* for what is sent to this member */
	uint8_t tag_key_count;

	struct admission_recent recent[MEMBERS_MAX];
	uint64_t refused[MEMBERS_MAX][REFUSALS]; /* by claimed sender or by source address */
	uint64_t refused_strangers[REFUSALS];    /* neither is known */
};

/* Where a datagram came from, as the receiving socket tells. */
struct arrival {
	uint8_t source; /* member that has the source address; NO_MEMBER: nobody */
	uint8_t path;   /* the receiving socket's index */
};

/* Decides. `heard[i]` is what was accepted from member i. On REFUSAL_NONE *heartbeat and
 * *sender are set; on REFUSAL_TWIN *sender is set and heartbeat->stamp is the page's. On any other
 * only the counters changed. `error` (may be NULL) says more for REFUSAL_MALFORMED. */
enum refusal admission_receive(struct admission *admission, const uint8_t *datagram, size_t length,
                               struct arrival arrival,
                               const struct replay_window heard[MEMBERS_MAX],
                               struct heartbeat *heartbeat, uint8_t *sender, struct error *error);

/* "bad-signature" and so on, as in failoverd-protocol(7); never NULL. */
const char *refusal_word(enum refusal refusal);
