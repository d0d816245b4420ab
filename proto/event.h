/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that can happen to a member. An event carries the instant it is processed at, read
 * from the lease clock right before the step, never when it was queued.
 */
#pragma once

#include <stdint.h>

#include "proto/clock.h"
#include "proto/heartbeat.h"

enum event_kind {
	EVENT_DEADLINE,  /* member_deadline was reached; harmless at any time */
	EVENT_HEARTBEAT, /* a page admission let in */
	EVENT_TWIN,      /* a copy of such a page over another path */
	EVENT_STARTED,   /* all critical resources of role at epoch are up */
	EVENT_RELEASED,  /* all resources of role are down; answers EFFECT_RELEASE */
	EVENT_FAILED,  /* role at epoch cannot run here: a start failed, or restarts are used up */
	EVENT_FITNESS, /* whether this host has what the role's resources need */
	EVENT_STRAY,   /* whether this host has an address of a role to which it has no claim */
	EVENT_PERSISTED, /* the snapshot with this generation is on disk */
	EVENT_REQUEST,   /* a command typed on this member */
	EVENT_LEAVE,     /* shut down: hand over or release every role, then EFFECT_LEFT */
	EVENT_GIVE_UP,   /* the daemon ends although what it releases may still be up */
	EVENT_FENCED,    /* answers EFFECT_FENCE */
};

struct event {
	enum event_kind kind;
	struct instant now;
	/* By how much the lease clock has fallen behind the oscillator of the host since some
	 * moment that stays the same while the daemon lives; read beside `now`. */
	struct span behind;
	union {
		struct {
			const struct heartbeat *page; /* borrowed for the step */
			uint8_t sender;
			uint8_t path;
		} heartbeat;
		struct {
			struct stamp stamp;
			uint8_t sender;
			uint8_t path;
		} twin;
		struct {
			uint8_t role; /* index in setup.roles */
			uint64_t epoch;
		} resources; /* STARTED, RELEASED, FAILED */
		struct {
			uint8_t role;
			bool fit;
		} fitness;
		bool is_stray;
		uint64_t generation; /* PERSISTED */
		struct {
			enum request_kind kind;
			uint8_t role;   /* index in setup.roles; ignored for pause and resume */
			uint8_t target; /* index of a member; NO_MEMBER for move: choose */
			uint64_t
			    handle; /* the shell's own name for it, returned by EFFECT_ANSWER */
			struct span limit; /* VERDICT_TIMEOUT after this long without an answer */
		} request;
		struct {
			uint8_t member;
			uint32_t incarnation; /* of the effect */
			bool is_off; /* at some moment since then it was; false: nobody knows */
		} fenced;
	} as;
};
