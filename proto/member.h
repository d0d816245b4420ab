/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One member: its peers, its votes, its claims, and the one function that changes them. Same state
 * and same event give the same effects. Reads no clock, does no I/O, allocates nothing, writes no
 * text.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/effect.h"
#include "proto/event.h"
#include "proto/heartbeat.h"
#include "proto/limits.h"
#include "proto/member_state.h"
#include "proto/setup.h"
#include "proto/state.h"

/*
 * Starts a member. Clears *m; nothing outside is referenced except `setup`, which must outlive it.
 *   durable  what the state file holds; NULL: none or damaged, the member starts as new
 *   kept     what an earlier life of this daemon on this boot left in memory; NULL: none. Without
 * it the shell has released every leftover before, for the first page says `none`; and with it,
 * every leftover of a role that setup does not list this member for, not even as retired.
 *   seed     of the jitter; any value
 * Nothing is sent before the first EVENT_PERSISTED: the new incarnation must be
 * on disk first.
 */
void member_init(struct member *m, const struct setup *setup, const struct durable *durable,
                 const struct kept *kept, uint64_t seed, struct instant now);

/* Applies one event. Cannot fail, does not allocate; *out is overwritten. A state that breaks a
 * rule afterwards is named in out->broken, which every caller looks at first. */
void member_step(struct member *m, const struct event *event, struct effects *out);

/* When the next EVENT_DEADLINE is due if nothing else happens before. */
struct instant member_deadline(const struct member *m);

/*
 * Makes the next page of the heartbeat that is due; false: all pages are made. `now` is read from
 * the lease clock by the caller right before, for it dates every vote that answers this page.
 */
bool member_next_page(struct member *m, struct instant now, struct heartbeat *page);

/* The snapshot to write to disk; returns its generation for EVENT_PERSISTED. */
uint64_t member_durable(const struct member *m, struct durable *out);

/* The snapshot for a restart of the process on this boot. */
void member_keep(const struct member *m, struct kept *out);

/* Changes the timing, as a reload does. Standing leases and promises keep what was declared. */
void member_set_timing(struct member *m, struct timing timing);

/* What was heard from each member, for admission. */
const struct replay_window *member_heard(const struct member *m);

/* What people want to know; all values as of `now`. */

struct path_view {
	bool heard;
	struct span age; /* since a page last arrived on it */
	bool has_rtt;
	struct span rtt;
	uint8_t loss_in;  /* percent of the peer's pages that did not arrive here */
	uint8_t loss_out; /* percent of ours that did not arrive there, as the peer says */
};

struct peer_view {
	bool heard; /* within a lease */
	bool fresh; /* heard, and it hears us: counts as reachable */
	bool ever;
	struct span age;
	uint32_t incarnation;
	bool paused, relearning, abstaining, leaving;
	bool stray; /* it has an address of a role to which it has no claim */
	bool voters_differ, config_differs;
	uint8_t path_count;
	struct path_view paths[PATHS_MAX];
};

/* `member` may be this member itself: then fresh, and no paths. */
void member_view_peer(const struct member *m, uint8_t member, struct instant now,
                      struct peer_view *view);

struct candidate_view {
	uint8_t member;
	bool reachable;
	bool known; /* it has said something about the role */
	enum unfit unfit;
	bool mismatch; /* its definition of the role differs from ours */
	uint8_t failures;
	bool failed_known;      /* since when this member has known of the last one: */
	struct span failed_ago; /* not when it was before the daemon here started */
	enum claim_state claim;
	enum role_phase phase;
	bool may_run; /* it is not the owner any more, and could not prove that it is down there */
};

struct role_view {
	uint64_t id;
	uint8_t setup_role; /* setup.role_count: only heard of */
	enum wanted wanted;
	uint8_t owner; /* NO_MEMBER: nobody known to hold it */
	enum role_phase owner_phase;
	uint64_t epoch;         /* of the owner, else the highest known */
	enum claim_state claim; /* this member's */
	struct span lease_left; /* this member's, while it holds; else 0 */
	uint8_t holder;         /* to whom this member's vote is promised; NO_MEMBER: it is free */
	struct span promised;   /* for how long still */
	enum obstacle obstacle; /* what keeps this member from seeking; none while it claims */
	bool retrying;          /* this member waits out a back-off */
	struct span retry_in;
	uint8_t candidate_count;
	struct candidate_view candidates[MEMBERS_MAX]; /* in the order of `nodes` */
};

/* Roles of setup first, in its order, then those only heard of. */
uint8_t member_role_count(const struct member *m);
void member_view_role(const struct member *m, uint8_t role, struct instant now,
                      struct role_view *view);

struct member_view {
	uint32_t incarnation;
	bool quorum; /* fresh voters of our set, this member included, are a majority */
	uint8_t voters_heard, voters_total, votes_needed;
	bool relearning;
	bool abstaining;
	struct span abstains_for;
	bool paused;
	bool file_voters_differ; /* the file names other voters than the remembered set */
};

void member_view(const struct member *m, struct instant now, struct member_view *view);

/* Right to act: the claim is `holding` and its lease has not ended. Read before every act of a
 * start. */
bool member_may_act(const struct member *m, uint8_t role, struct instant now);
/* Lease end of role for the guard, as the clock will show it at the rate it runs now; INSTANT_PAST
 * when this member has no lease. */
struct instant member_lease_end(const struct member *m, uint8_t role);
/* How long after that lease end the resources may take to be down: what was declared by the
 * heartbeats that it rests on. */
struct span member_release_limit(const struct member *m, uint8_t role);
