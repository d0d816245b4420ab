/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a member hands out to be kept and takes back at start. `durable` survives a reboot and is
 * written by the shell whenever an effect says so; `kept` survives the process but not the host and
 * is read out after every step. Both are plain values; how and where they are stored is the
 * shell's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/heartbeat.h"
#include "proto/limits.h"
#include "proto/setup.h"

struct durable_role {
	uint64_t role;
	struct record record;
	uint8_t failures;
};

struct durable {
	uint32_t incarnation;
	uint64_t reserved_epoch;     /* every epoch up to here may have been used */
	struct span longest_promise; /* that this member may ever have given */
	bool paused;
	uint32_t pause_counter;
	bool relearning; /* state was lost earlier and a majority was not heard since */
	struct voters voters;
	uint8_t role_count;
	struct durable_role roles[ROLES_MAX];
};

struct kept_role {
	uint64_t role;
	/* as voter */
	uint64_t holder; /* member id, 0: free */
	uint64_t granted;
	struct stamp by;
	struct instant until, renewed_at;
	bool endless;
	struct identities promised; /* what the vote is for */
	uint64_t top;
	/* as claimant */
	enum claim_state claim;
	uint64_t claim_epoch;
	struct identities covers; /* what may be up under it */
	struct instant lease_end;
	struct span release_limit; /* promised together with lease_end */
	bool releasing;            /* a release was under way */
	bool may_run;              /* which nothing proved in time */
	enum role_phase phase;     /* of the resources, as this member saw them */
};

struct kept_peer {
	uint64_t member;
	struct stamp heard;
};

struct kept {
	uint32_t incarnation;
	bool relearning; /* the disk may not say so yet */
	struct instant abstain_until;
	uint64_t epoch_jump; /* any epoch up to here may have been used; 0: `top` knows */
	uint8_t peer_count;
	struct kept_peer peers[MEMBERS_MAX];
	uint8_t role_count;
	struct kept_role roles[ROLES_MAX];
};
