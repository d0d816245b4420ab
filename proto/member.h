/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One member: its peers, its votes, its claims, and the one function that changes them. Same state
 * and same event give the same effects. Reads no clock, does no I/O, allocates nothing, writes no
 * text. The structs are public so that their owner can place them; only proto/ looks inside.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/effect.h"
#include "proto/event.h"
#include "proto/heartbeat.h"
#include "proto/limits.h"
#include "proto/path.h"
#include "proto/sent.h"
#include "proto/setup.h"
#include "proto/state.h"
#include "proto/voter.h"

/* The newest that a peer said about one role. */
struct hearsay {
	bool known;
	struct role_report report;
	struct stamp stamp;          /* of the page that said it */
	struct instant at;
	struct instant fresh_until;  /* INSTANT_PAST: the page was not fresh */
	struct span promise;         /* what a grant to its claim binds for */
	struct instant vote_free_at; /* estimate: when the peer's vote can be had by this member */
};

enum link { LINK_SILENT, LINK_ONE_WAY, LINK_UP };

struct peer {
	struct stamp heard;
	struct instant heard_at;
	struct instant first_heard_at; /* since the link was last silent */
	struct instant fresh_until;
	enum link link;
	uint8_t fresh_heartbeats; /* first pages heard fresh since start, up to 2 */
	bool voters_differ, config_differs;
	struct timing timing;
	uint64_t voters, config;
	bool paused, relearning, abstaining, leaving;
	uint8_t request_count;
	struct request requests[REQUESTS_MAX];
	struct path paths[PATHS_MAX];
	struct hearsay roles[ROLES_MAX]; /* by index of member.roles */
};

/* This member's claim to one role. */
struct claim {
	enum claim_state state;
	uint64_t epoch;      /* of this or the last attempt */
	uint64_t first_seq;  /* first page that carried it in this incarnation */
	struct instant lease_end;
	struct instant confirmed_at; /* a majority answered something sent then or later */
	struct span release_limit;   /* shortest `release` declared by the pages that count */
	struct instant since;        /* when this state began */
	struct instant seek_deadline;
	struct instant seek_after;   /* back-off */
	struct instant open_since;   /* all conditions for seeking hold since; INSTANT_NEVER: no */
	struct span turn_delay;
	bool forced;                 /* the lease ended before the resources were down */
	enum release_reason reason;
	uint64_t successor;
};

/* A command being carried out by this member as owner. */
struct operation {
	bool active;
	uint64_t requester, request; /* member id, request id */
	enum request_kind kind;
	bool already; /* nothing had to change */
};

struct role {
	uint64_t id;
	struct voter voter;
	uint64_t refused_claimant, refused_epoch; /* last refusal that was noted */

	/* Only for roles of setup that list this member among their nodes: */
	struct claim claim;
	enum role_phase phase;
	bool resources_fit;
	uint8_t failures;
	struct instant retry_at;
	struct instant up_since;
	struct instant better_since; /* a better node is fit since; for failback */
	struct operation operation;
	uint64_t handed_epoch;      /* last epoch whose `none` named a successor */
	uint64_t heir;              /* that successor */
	struct instant heir_until;  /* others hold back so long */
	uint64_t noted_owner_epoch;
	enum obstacle obstacle;      /* to seeking it, as of the last step without a claim */
	enum obstacle explained;     /* last one that was noted */
	struct instant unowned_since;

	struct record stored;       /* on disk: what the pages say */
	struct record record;       /* newest known */
	uint64_t record_generation; /* snapshot that first contains it */
};

/* A command typed on this member, not answered yet. */
struct own_request {
	struct request request;
	uint64_t handle;
	struct instant expires;
};

struct owed_answer {
	struct answer answer;
	struct instant expires;
};

struct member {
	const struct setup *setup; /* borrowed */
	struct timing timing;
	struct voters voters;
	uint64_t voters_id; /* digest of voters */
	bool file_voters_differ;
	uint64_t self_id;
	uint64_t random;

	uint32_t incarnation;
	uint64_t seq;
	struct sent_log sent;

	struct instant now; /* of the last step */
	struct instant wake;
	struct instant started_at;
	struct instant reconfirm_since; /* a long gap ended then; INSTANT_PAST: none */
	struct instant next_heartbeat;
	bool changed;   /* something the others should know at once */
	bool pages_due;
	uint8_t next_page_role;
	bool first_page;

	bool state_lost; /* no stored state at start: abstention follows what others declare */
	bool abstaining;
	struct instant abstain_until;
	bool relearning;
	uint64_t relearned_generation; /* snapshot that says it is over; 0: not yet */
	bool paused;
	bool leaving, left;
	bool quorum_seen;

	/* Disk: what the newest snapshot holds, and what is known to be written. */
	uint64_t generation, persisted;
	uint64_t reserved_epoch, reserved_on_disk, reserved_generation;
	struct span longest_promise, longest_on_disk;
	uint64_t longest_generation;
	uint64_t incarnation_generation;
	uint64_t paused_generation;
	struct operation pausing; /* a pause or resume waiting for the disk */

	uint64_t epoch_floor; /* top of roles that were forgotten */
	uint8_t role_count;
	struct role roles[ROLES_MAX]; /* those of setup first */
	struct peer peers[MEMBERS_MAX];
	struct stamp heard[MEMBERS_MAX];

	uint32_t request_counter;
	uint8_t request_count;
	struct own_request requests[REQUESTS_MAX];
	uint8_t owed_count;
	struct owed_answer owed[ANSWERS_MAX];
};

/*
 * Starts a member. Clears *m; nothing outside is referenced except `setup`, which must outlive it.
 *   durable  what the state file holds; NULL: none or damaged, the member starts as new
 *   kept     what an earlier life of this daemon on this boot left in memory; NULL: none. Without it
 *            the shell has released every leftover before, for the first page says `none`.
 *   seed     of the jitter; any value
 * Nothing is sent before the first EVENT_PERSISTED: the new incarnation must be on disk first.
 */
void member_init(struct member *m, const struct setup *setup, const struct durable *durable,
                 const struct kept *kept, uint64_t seed, struct instant now);

/* Applies one event. Cannot fail, does not allocate; *out is overwritten. */
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

/* The newest stamp accepted from each member, for the door. */
const struct stamp *member_heard(const struct member *m);

/* What people want to know; all values as of `now`. */

struct path_view {
	bool heard;
	struct span age;      /* since a page last arrived on it */
	bool has_rtt;
	struct span rtt;
	uint8_t loss_in;      /* percent of the peer's pages that did not arrive here */
	uint8_t loss_out;     /* percent of ours that did not arrive there, as the peer says */
};

struct peer_view {
	bool heard;           /* within a lease */
	bool fresh;           /* heard, and it hears us: counts as reachable */
	bool ever;
	struct span age;
	uint32_t incarnation;
	bool paused, relearning, abstaining, leaving;
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
	bool known;           /* it has said something about the role */
	enum unfit unfit;
	bool mismatch;        /* its definition of the role differs from ours */
	uint8_t failures;
	enum claim_state claim;
	enum role_phase phase;
};

struct role_view {
	uint64_t id;
	uint8_t setup_role;   /* setup.role_count: only heard of */
	enum wanted wanted;
	uint8_t owner;        /* NO_MEMBER: nobody known to hold it */
	enum role_phase owner_phase;
	uint64_t epoch;       /* of the owner, else the highest known */
	enum claim_state claim;  /* this member's */
	struct span lease_left;  /* this member's, while it holds; else 0 */
	uint8_t holder;       /* to whom this member's vote is promised; NO_MEMBER: it is free */
	struct span promised; /* for how long still */
	enum obstacle obstacle;  /* what keeps this member from seeking; none while it claims */
	bool retrying;        /* this member waits out a back-off */
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
	bool quorum;          /* fresh voters of our set, this member included, are a majority */
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
/* Lease end of role for the guard; INSTANT_PAST when this member has no lease. */
struct instant member_lease_end(const struct member *m, uint8_t role);
