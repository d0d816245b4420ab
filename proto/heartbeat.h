/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of a heartbeat, decoded: everything a member says to every other. A page is a complete
 * statement about the sender and about the roles it names; it says nothing about the others.
 * Knows neither its byte layout (wire.h) nor who signs it (seal.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/error.h"
#include "proto/limits.h"
#include "proto/setup.h"

/* Orders everything one member ever said: incarnation first, then seq. Each page has its own. */
struct stamp {
	uint32_t incarnation; /* 0: nothing was ever heard */
	uint64_t seq;
};

bool stamp_newer(struct stamp a, struct stamp than);
bool stamp_equal(struct stamp a, struct stamp b);

enum claim_state { CLAIM_NONE, CLAIM_SEEKING, CLAIM_HOLDING, CLAIM_RELEASING };
enum { CLAIM_STATES = CLAIM_RELEASING + 1 };

/* Why a node cannot own a role now; the first that applies. */
enum unfit {
	UNFIT_NOT,      /* it is fit */
	UNFIT_UNLISTED, /* not in the role's nodes, or the role is unknown here */
	UNFIT_LEAVING,  /* shutting down */
	UNFIT_PAUSED,   /* an operator paused the node */
	UNFIT_RESOURCE, /* a resource cannot run here, such as an interface without carrier */
	UNFIT_FAILED,   /* the role failed here; it may try again after a back-off */
	UNFIT_MUTE,     /* it may not vote yet, so it cannot own; only said of others */
	UNFIT_LEASE,    /* its lease is too short for these voters, or ended as soon as it was won;
	                   the pages say UNFIT_FAILED, which every version reads */
};
enum { UNFIT_REASONS = UNFIT_LEASE + 1 };

/* How far the resources of a role are on the node that says it. */
enum role_phase { PHASE_DOWN, PHASE_STARTING, PHASE_UP, PHASE_STOPPING };
enum { ROLE_PHASES = PHASE_STOPPING + 1 };

enum wanted { WANTED_STARTED, WANTED_STOPPED };

/* What operators decided for a role. Only a lease holder writes it; the greater (epoch, counter)
 * replaces the smaller whole, nothing is merged. (0, 0) is the record of a new role. */
struct record {
	uint64_t epoch;   /* of the owner that wrote or confirmed it */
	uint32_t counter; /* decisions so far; a new owner confirms the last without counting */
	enum wanted wanted;
};

bool record_newer(const struct record *a, const struct record *than);

enum request_kind {
	REQUEST_MOVE,
	REQUEST_STOP,
	REQUEST_START,
	REQUEST_PAUSE,
	REQUEST_RESUME,
	REQUEST_CLEAR, /* since minor version 1: an older member refuses a page that carries it */
};
enum { REQUEST_KINDS = REQUEST_CLEAR + 1 };

/* A command typed at the sender, repeated in its heartbeats until it is answered. */
struct request {
	uint64_t id; /* unique for its sender: never reused, also not after a restart; 0: none */
	enum request_kind kind;
	uint64_t role;   /* 0 for pause and resume */
	uint64_t target; /* member id; 0 for move: the best other node */
	/* What it follows, so that it cannot be carried out again, or by mistake, after something
	 * else was: for move the epoch of the owner, for stop and start the role's record.counter,
	 * for pause and resume the node's pause_counter, as known where it was typed; for clear 0,
	 * as it does no harm twice. */
	uint64_t follows;
};

enum verdict {
	VERDICT_ACCEPTED,    /* move: the owner has begun; else: done and stored by a majority */
	VERDICT_ALREADY,     /* it is as asked for already */
	VERDICT_UNLISTED,    /* the target is not among the role's nodes */
	VERDICT_PAUSED,      /* the target is paused */
	VERDICT_UNREACHABLE, /* the target is not heard by the owner */
	VERDICT_UNFIT,       /* the target says it cannot own the role; `detail`: its enum unfit */
	VERDICT_MISMATCH,    /* the target has another definition of the role */
	VERDICT_NO_TARGET,   /* no other node could take the role now */
	VERDICT_BUSY,        /* another request for the role is under way */
	VERDICT_SUPERSEDED,  /* what it follows is no more: another owner, or another command */
	VERDICT_STOPPED,     /* the role is stopped by an operator; start it first */
	VERDICT_NO_OWNER,    /* move: nobody owns the role */
	VERDICT_TIMEOUT,     /* nobody answered in time; made by the asking member itself */
	VERDICT_TABLE_FULL,  /* too many requests under way at once; asking member or answerer */
	VERDICT_OLD_PEER,    /* a member that is heard does not know the command; asking member */
};
enum { VERDICTS = VERDICT_OLD_PEER + 1 };

struct answer {
	uint64_t requester; /* member id */
	uint64_t request;   /* its request.id */
	enum verdict verdict;
	uint8_t detail;
	uint64_t target; /* move: the node chosen or refused; else 0 */
};

/* What was heard on one path from the peer of the enclosing echo. */
struct path_echo {
	uint32_t seq_behind; /* echo.stamp.seq minus the newest seq heard on this path; over the
	                        wire UINT32_MAX from 255 on */
	uint32_t age_us;     /* since that arrived; UINT32_MAX: nothing heard yet, and over the
	                        wire also from 16.7 s on */
	uint8_t loss_percent;
};

/* The newest stamp heard from a peer and how long before this page was made. It measures the round
 * trip and proves freshness. It is not a vote: see role_report.by. */
struct echo {
	uint64_t member;
	struct stamp stamp;
	uint32_t age_us; /* clamped to UINT32_MAX */
	uint8_t path_count;
	struct path_echo paths[PATHS_MAX];
};

struct role_report {
	uint64_t role;

	/* The sender as claimant. */
	bool is_candidate; /* the sender lists itself for the role; the next eight mean something */
	enum claim_state claim;
	uint64_t claim_epoch; /* the last used; kept after `none` for people to read */
	enum unfit unfit;
	enum role_phase phase;
	uint8_t failures;    /* recent failures of the role here, clamped */
	uint32_t definition; /* as setup_role.definition */
	uint64_t successor;  /* with CLAIM_NONE after a move: who should seek now; else 0 */
	bool fences;         /* its claim binds a vote until it frees it, or was switched off */
	bool may_run;        /* releasing, and nothing proved in time that its resources are down */

	/* The sender as voter. */
	uint64_t holder;  /* to whom its standing grant goes; 0: it is free */
	uint64_t granted; /* epoch of that grant */
	struct stamp by;  /* the holder's page that last granted or renewed it */
	bool endless;     /* it does not end by time */
	uint64_t top;     /* highest epoch ever granted or seen claimed */

	struct record record; /* as stored on the sender's disk */

	/* What its claim covers; empty: it says nothing of that. */
	struct identities identities;
};

/* A member that was off at some moment after it was last heard in this life or an earlier one. */
struct fenced {
	uint64_t member;
	uint32_t incarnation;
	/* Before this page was made, rounded up: the sender asked for it to be switched off, and
	 * after that it was confirmed to be off. */
	uint32_t ago_ms;
};

enum resource_state {
	RESOURCE_DOWN,
	RESOURCE_STARTING,
	RESOURCE_UP,
	RESOURCE_STOPPING,
	RESOURCE_FAILED, /* not critical, restarts used up; or the one that made its role fail */
};
enum { RESOURCE_STATES = RESOURCE_FAILED + 1 };

/* One resource of a role that the sender owns. For people: no rule reads it. */
struct resource_report {
	uint64_t role;
	uint64_t resource; /* name_id of its name */
	enum resource_state state;
	uint32_t seconds;                   /* in that state; UINT32_MAX: not known */
	char detail[RESOURCE_DETAIL_BYTES]; /* its last error, "" for none; plain ASCII */
};

struct heartbeat {
	uint8_t minor; /* version of the datagrams that the sender speaks */
	uint64_t cluster;
	uint64_t sender;
	struct stamp stamp;
	struct timing timing; /* declared: what the sender's claims count on */
	/* What the sender may ever have promised for: a member that lost its own memory of that
	 * abstains for the longest that it hears of. */
	struct span longest_promise;
	uint64_t voters; /* voters_digest of the set the sender counts with */
	uint64_t config; /* setup.config_digest */
	bool paused;
	uint32_t pause_counter; /* how often the sender was paused or resumed */
	bool relearning;        /* lost its stored state and has not yet learned from a majority */
	uint32_t relearned_ms;  /* since that ended, rounded up; UINT32_MAX: not in this life */
	bool abstaining; /* grants nothing new until the longest promise it may have made ends */
	bool leaving;    /* shutting down: do not expect more */
	bool stray;      /* its host has an address of a role to which it has no claim */
	/* Which epochs up to here it used before its host restarted, it does not know yet; 0: it
	 * knows. */
	uint64_t unsure_epoch;

	uint8_t echo_count;
	struct echo echoes[MEMBERS_MAX];

	/* Requests and answers travel on the first page only; without has_requests this page says
	 * nothing about them. */
	bool has_requests;
	uint8_t request_count;
	struct request requests[REQUESTS_MAX];
	uint8_t answer_count;
	struct answer answers[ANSWERS_MAX];

	uint8_t role_count;
	struct role_report roles[PAGE_ROLES_MAX];

	/* The sender's lease clock when this page was made, in whole microseconds; it counts from
	 * any moment that is the same for one incarnation. */
	bool has_clock;
	struct instant clock;

	uint8_t fenced_count;
	struct fenced fenced[MEMBERS_MAX];

	/* Some of those of its roles: a page says nothing about the others. */
	uint8_t resource_count;
	struct resource_report resources[RESOURCES_SAID_MAX];
};

/* Checks what the byte layout cannot: values in their ranges, no sender, role or echo twice, no
 * zero ids, a plausible timing (positive, lease of at most an hour). Called on every decoded page
 * before anything believes it. CODE_INVALID with the field. */
enum code heartbeat_check(const struct heartbeat *heartbeat, struct error *error);

/* Words for people, logs and JSON; never NULL. */
const char *claim_word(enum claim_state state);
const char *unfit_word(enum unfit unfit);
const char *phase_word(enum role_phase phase);
const char *resource_word(enum resource_state state);
const char *wanted_word(enum wanted wanted);
const char *request_word(enum request_kind kind);
const char *verdict_word(enum verdict verdict);
