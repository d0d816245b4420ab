/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few members in one process on a perfect network with one clock: for tests of single rules,
 * where the simulated world of tests/world would hide what is tested. Disks write at once,
 * resources start and stop at once unless told otherwise.
 */
#pragma once

#include "proto/member.h"

enum { CLUSTER_MEMBERS = 3, CLUSTER_NOTES = 400, CLUSTER_QUEUE = 8192 };

/* What waits to be processed; in order, at once. */
struct cluster_message {
	uint8_t to;
	struct event event;
	struct heartbeat page; /* of EVENT_HEARTBEAT */
};

struct cluster {
	struct instant now;
	struct setup setups[CLUSTER_MEMBERS];
	struct member members[CLUSTER_MEMBERS];
	bool dead[CLUSTER_MEMBERS];
	bool deaf[CLUSTER_MEMBERS];      /* receives nothing */
	bool mute[CLUSTER_MEMBERS];      /* sends nothing */
	bool disk_full[CLUSTER_MEMBERS]; /* never persisted */
	bool slow_stop;                  /* RELEASED comes from the test */
	bool slow_start;
	/* Nothing proves that its resources are down after a release: RELEASED comes from the test.
	 * What may be up by then counts for nobody, the others have waited for it. */
	bool unproven[CLUSTER_MEMBERS];
	struct fence_asked { /* the last time somebody was to be switched off */
		unsigned count, cancelled;
		uint8_t by, member;
		uint32_t incarnation;
	} fence;
	bool up[CLUSTER_MEMBERS];
	unsigned starts[CLUSTER_MEMBERS];
	bool paused[CLUSTER_MEMBERS]; /* runs nothing; `missed` is the test's to set */
	/* The clock of a member shows so much less than `now`: it stood still. */
	struct span missed[CLUSTER_MEMBERS];
	struct answer last_answer;
	uint64_t last_handle;
	unsigned answers;
	unsigned note_count;
	enum note_kind notes[CLUSTER_NOTES];
	uint8_t note_member[CLUSTER_NOTES];
	bool loud;            /* print narration */
	unsigned first, last; /* queue */
	struct cluster_message queue[CLUSTER_QUEUE];
	struct effects out;
};

/* alpha, beta: nodes; w1: a witness, or a third node when `third_is_node`. One role "ledger". */
struct cluster *cluster_new(bool third_is_node);
void cluster_free(struct cluster *c);
void cluster_boot(struct cluster *c, uint8_t member, const struct durable *durable,
                  const struct kept *kept);
void cluster_step(struct cluster *c, uint8_t member, struct event event);
void cluster_run(struct cluster *c, struct span span);
/* Owner of the role: the one member whose resources are up; NO_MEMBER. More than one aborts. */
uint8_t cluster_owner(const struct cluster *c);
void cluster_request(struct cluster *c, uint8_t member, enum request_kind kind, uint8_t target);
/* The answer to the last EFFECT_FENCE; `is_off` takes the power of that member. */
void cluster_fenced(struct cluster *c, bool is_off);
bool cluster_noted(const struct cluster *c, uint8_t member, enum note_kind kind);
