/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of a member. Public so that its owner can place it; only proto/ looks inside. Fixed in
 * size by limits.h, without pointers except to the setup it borrows.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/heartbeat.h"
#include "proto/limits.h"
#include "proto/note.h"
#include "proto/path.h"
#include "proto/peer_state.h"
#include "proto/replay_window.h"
#include "proto/sent.h"
#include "proto/setup.h"
#include "proto/voter.h"

/* This member's claim to one role. */
struct claim {
	enum claim_state state;
	uint64_t epoch;     /* of this or the last attempt */
	uint64_t first_seq; /* first page that carried it in this incarnation */
	struct instant lease_end;
	struct instant confirmed_at; /* a majority answered something sent then or later */
	struct span release_limit;   /* shortest `release` declared by the pages that count */
	struct instant since;        /* when this state began */
	struct instant candidacy_deadline;
	struct instant candidacy_after; /* back-off */
	struct instant open_since; /* all conditions for seeking hold since; INSTANT_NEVER: no */
	struct span turn_delay;
	bool resumed; /* as kept by an earlier life: its release is still to be asked for */
	bool forced;  /* the lease ended before the resources were down */
	bool may_run; /* and `release` after ... nothing had proved that they are down */
	struct instant forced_at; /* ... that was noticed */
	enum release_reason reason;
	uint64_t successor;
	/* What may be up under it, and what its file has in addition; see sharing.c. */
	struct identities covers, grown;
	bool grows;             /* not covered yet */
	bool crowded;           /* both together are too many: the claim is given up */
	bool grow_noted;        /* that it has to wait was said */
	uint64_t grow_seq;      /* first page that said `grown`; 0: the pages say `covers` */
	struct instant grow_at; /* the present attempt ends, or the next begins */
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
	/* The newest page of this member when it gave that vote; 0: of an earlier life of it. */
	uint64_t granted_at_seq;
	uint64_t refused_claimant, refused_epoch; /* last refusal that was noted */

	/* Only for roles of setup that list this member among their nodes: */
	struct claim claim;
	enum role_phase phase;
	bool resources_fit;
	uint8_t failures;
	struct instant failed_at; /* the last time in this life; INSTANT_PAST: not yet */
	struct instant retry_at;
	uint8_t short_reigns;          /* leases in a row that ended soon after they were won */
	struct instant lease_retry_at; /* not before, after such a one */
	struct instant up_since;
	struct instant better_since; /* a better node is fit since; for failback */
	struct operation operation;
	uint64_t handed_epoch;          /* last epoch whose `none` named a successor */
	uint64_t successor;             /* that successor */
	struct instant successor_until; /* others hold back so long */
	uint64_t noted_owner_epoch;
	enum obstacle obstacle;  /* to seeking it, as of the last step without a claim */
	enum obstacle explained; /* last one that was noted */
	struct instant unowned_since;
	struct instant explain_at; /* not before */
	uint8_t fence_target; /* who is to be off first, as of the last step; NO_MEMBER: nobody */
	bool fence_due;       /* and it is this member's turn to see to it */
	struct instant fence_since; /* a target is there, and this its rank; INSTANT_NEVER: none */
	uint8_t fence_rank;
	uint8_t fence_failed_on; /* NO_MEMBER: it did not fail */
	struct instant fence_retry_at;

	struct record stored;       /* on disk: what the pages say */
	struct record record;       /* newest known */
	uint64_t record_generation; /* snapshot that first contains it */

	struct identities promised; /* what the vote is for, while it stands */
};

/* A command typed on this member, not answered yet. */
struct own_request {
	struct request request;
	/* What it follows is not known yet: the others are not told of it. */
	bool is_held_back;
	uint64_t handle;
	struct instant expires;
};

struct owed_answer {
	struct answer answer;
	struct instant expires;
};

/* How the lease clock goes beside the oscillator of the host; see slew.c. */
struct slew {
	bool known;
	struct span least; /* behind by this when it was last put right, or by less since */
	struct span most;  /* the same of what was gained, or by more since */
	struct instant marked_at;
	struct span marked; /* behind by this then */
	int64_t ppm;        /* over the last window: slow by this; negative: fast */
	unsigned windows;   /* in a row that contradict `told` */
	bool told;          /* that it is beyond what promises allow for */
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
	struct instant outbid_at; /* when it last took another incarnation, */
	uint32_t outbid_count;    /* and how often in a row */
	struct slew slew;
	struct span stood;              /* for so long the own clock stood still, not told yet */
	struct instant stood_at;        /* it was found out */
	struct instant reconfirm_since; /* a long gap ended then; INSTANT_PAST: none */
	struct instant heartbeat_at;    /* the last one began */
	struct instant next_heartbeat;
	uint8_t page_count; /* of the last heartbeat */
	bool changed;       /* something the others should know at once */
	bool pages_due;
	uint8_t next_page_role;
	bool fenced_page, first_page; /* still to be made */

	bool state_lost; /* no stored state at start: abstention follows what others declare */
	bool abstaining;
	struct instant abstain_until;
	bool relearning;
	struct instant relearned_at;   /* INSTANT_NEVER: not in this life */
	uint64_t relearned_generation; /* snapshot that says it is over; 0: not yet */
	bool paused;
	uint32_t pause_counter;
	bool leaving, left;
	bool stray; /* as page->stray */
	bool quorum_seen;
	uint8_t dead_paths;              /* bits: nobody is heard on it; see silent_paths.c */
	struct instant paths_changed_at; /* and is not said yet; INSTANT_NEVER: all is */
	bool is_too_far;                 /* the voters answer too slowly for the lease */

	/* Disk: what the newest snapshot holds, and what is known to be written. */
	uint64_t generation, persisted;
	uint64_t reserved_epoch, reserved_on_disk, reserved_generation;
	struct span longest_promise, longest_on_disk;
	struct span longest_needed;  /* of the promises asked for ... */
	struct instant needed_since; /* ... from then on */
	uint64_t incarnation_generation, longest_generation, paused_generation;
	struct operation pausing; /* a pause or resume waiting for the disk */

	uint64_t epoch_floor; /* top of roles that were forgotten */
	uint64_t epoch_jump;  /* up to here any may have been used; 0: known; see epochs.c */
	uint8_t role_count;
	struct role roles[ROLES_MAX]; /* those of setup first */
	struct peer peers[MEMBERS_MAX];
	struct replay_window heard[MEMBERS_MAX];

	uint32_t request_counter;
	uint8_t request_count;
	struct own_request requests[REQUESTS_MAX];
	uint8_t owed_count;
	struct owed_answer owed[ANSWERS_MAX];
};
