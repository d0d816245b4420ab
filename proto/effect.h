/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything a member can ask its shell for. Effects of one step may be applied in any order; what
 * must wait for something (a disk, a resource) waits in the member until the event that says it is
 * done, never in the shell.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/heartbeat.h"
#include "proto/note.h"

enum effect_kind {
	EFFECT_START,   /* start the resources of role, handing them epoch; answer STARTED or FAILED
	                 */
	EFFECT_RELEASE, /* bring them down; answer RELEASED. May follow a START that is not
	                   answered, and a graceful RELEASE may be followed by a forced one */
	EFFECT_ANSWER,  /* to the command that came as EVENT_REQUEST with this handle */
	EFFECT_NOTE,    /* a decision, for the log */
	EFFECT_LEFT,    /* answers EVENT_LEAVE: nothing is owned any more, the process may end */
	EFFECT_FENCE,   /* switch a member off; answer FENCED */
	EFFECT_FENCE_CANCEL, /* never mind; not to be answered any more */
};

struct effect {
	enum effect_kind kind;
	union {
		struct {
			uint8_t role; /* index in setup.roles */
			uint64_t epoch;
			bool forced;       /* RELEASE: the lease is over; kill */
			struct span limit; /* forced: everything is down within this */
		} resources;
		struct {
			uint64_t handle;
			struct answer answer;
		} answer;
		struct note note;
		struct {
			uint8_t member;       /* index */
			uint32_t incarnation; /* highest of its lives that was heard of */
			uint8_t role;         /* that waits for it: index in setup.roles */
		} fence;
	} as;
};

struct effects {
	/* NULL; else the rule of member_check.h that this step broke. Then nothing of the step may
	 * be carried out, kept or sent: the process ends, and the one after it goes on from what
	 * was kept before. */
	const char *broken;
	bool send;    /* a heartbeat is due: take its pages from member_next_page */
	bool persist; /* member_durable changed: write it, then EVENT_PERSISTED */
	uint16_t count;
	struct effect items[EFFECTS_MAX];
};
