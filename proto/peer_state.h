/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a member remembers of each other member; a part of member_state.h, and as private.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/heartbeat.h"
#include "proto/limits.h"
#include "proto/path.h"
#include "proto/whole.h"

/* The newest that a peer said about one role. */
struct peer_role_report {
	bool known;
	struct role_report report;
	struct stamp stamp; /* of the page that said it */
	struct instant at;
	struct instant fresh_until;  /* INSTANT_PAST: the page was not fresh */
	struct instant same_since;   /* its grant is by this page of this holder since then */
	struct span promise;         /* what a grant to its claim binds for */
	struct instant vote_free_at; /* estimate: when the peer's vote can be had by this member */
	struct instant failed_at;    /* its count of failures was seen to grow; INSTANT_PAST: no */
};

enum link { PEER_SILENT, PEER_ONE_WAY, PEER_UP };

/* What this member does about switching a peer off; see fence.c. */
struct fencing {
	bool asked; /* the shell is at it */
	struct instant asked_at;
	uint32_t incarnation;      /* the highest of its lives that was heard of then */
	uint8_t failures;          /* in a row */
	struct instant not_before; /* the next time */
	struct instant off_at; /* when it was confirmed; INSTANT_PAST: it lives since, or was not */
	struct instant said_until; /* the others are told; INSTANT_PAST: there is nothing to tell */
	struct instant doubted_at; /* when it was last said to be off and is not */
};

/* How far the own clock is behind that of a peer, as its pages show; see clock_pause.c. */
struct lag {
	uint32_t incarnation;
	bool has_least;
	struct span least;        /* of the while before */
	struct span least_now;    /* of the present one */
	struct instant since;     /* it began */
	struct span missed;       /* a notable part of a lease, as its last such page showed ... */
	struct instant missed_at; /* ... then; INSTANT_PAST: none did */
};

struct peer {
	struct stamp heard;         /* newest */
	struct stamp requests_from; /* page that last spoke of requests */
	struct instant heard_at;
	struct instant first_heard_at; /* since the link was last silent */
	struct instant fresh_until;
	enum link link;
	/* Of its pages those that were fresh and made by somebody who knew his own epochs; of these
	 * those of one that was not relearning; of these those made after this member's abstention.
	 * And whether a whole heartbeat of each was heard; see epochs.c. */
	struct whole fresh, sure, late;
	bool is_learned, vouches, vouches_late;
	bool new_with_us; /* it was without memory while this member was */
	bool voters_differ, config_differs;
	struct timing timing;
	uint64_t voters, config;
	bool paused, relearning, abstaining, leaving, stray;
	uint64_t unsure_epoch; /* as page->unsure_epoch */
	uint32_t pause_counter;
	uint8_t minor; /* version of the datagrams it speaks */
	uint8_t request_count;
	struct request requests[REQUESTS_MAX];
	struct path paths[PATHS_MAX];
	uint8_t silent_paths; /* bits, as last said; see silent_paths.c */
	struct fencing fencing;
	struct lag lag;
	struct peer_role_report roles[ROLES_MAX]; /* by index of member.roles */
};
