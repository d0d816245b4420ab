/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resources of one role on one host, as one thing that is down, coming up, up or going down. In
 * the strictest reading it counts as up from the moment its start is asked for until its release is
 * complete. Knows nothing of votes; asks before each act whether it may.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/effect.h"
#include "proto/identities.h"
#include "tests/world/agenda.h"

struct world;

enum stub_state { STUB_DOWN, STUB_STARTING, STUB_UP, STUB_STOPPING };

struct stub {
	enum stub_state state;
	uint64_t epoch;         /* it was started with */
	struct identities what; /* is up, or has been asked to start */
	bool is_changing;       /* to what the file of the host says now */
	uint32_t serial;        /* of the act under way */
	int64_t ends_at;        /* of a release under way; INT64_MAX: whoever did it is gone */
	bool by_guard;          /* the release goes on whatever becomes of the daemon */
	bool is_ended;          /* by the guard, and the daemon has not said that it knows */
	/* By the guard, while the process stood still in a step that had prolonged the lease,
	 * before the memory was told: it goes on with its lease, and notices the end as any other.
	 */
	bool is_struck_early;
	bool answer_due;     /* the process waits for RELEASED ... */
	uint64_t answer;     /* ... at this epoch */
	bool broken;         /* the next starts fail */
	int64_t start_time;  /* of the next starts; -1: at random */
	int64_t stop_time;   /* of the next graceful releases; -1: at random */
	int64_t forced_time; /* of the next forced releases; -1: at random within the limit */
	/* Only its `stop` brings it down, which takes this long in whatever release; no guard and
	 * no limit hastens it. -1: it is what a kill ends. */
	int64_t script_time;
};

/* Whether only its `stop` brings it down. */
bool stub_is_script(const struct world *world, uint8_t host, uint8_t role);
void stub_start(struct world *world, uint8_t host, uint8_t role, uint64_t epoch);
void stub_release(struct world *world, uint8_t host, const struct effect *effect);

/* HAPPEN_UP: the last act of a start, done by the process. */
void stub_up(struct world *world, uint8_t host, const struct happening *item);
/* HAPPEN_DOWN: true if a release is complete and the process must be told. */
bool stub_down(struct world *world, uint8_t host, struct happening *item);
/* The guard brings it down, whatever the process does. */
void stub_strike(struct world *world, uint8_t host, uint8_t role);
/* The guard does not run any more; what it was at stops half way. */
void stub_lose_guard(struct world *world, uint8_t host, uint8_t role);
/* The process goes on after it stood still, with what stopped half way; or a new process with a
 * start. */
void stub_go_on(struct world *world, uint8_t host, uint8_t role);
void stub_start_on(struct world *world, uint8_t host, uint8_t role);

/* What is up is not what the file says: what the file drops is stopped, what it adds is started as
 * soon as the member may, and the member hears when both are done. */
bool stub_differs(const struct world *world, uint8_t host, uint8_t role);
void stub_adapt(struct world *world, uint8_t host, uint8_t role);

/* Kills what is left of an earlier life; true if there was anything. */
bool stub_clean(struct world *world, uint8_t host, uint8_t role);
/* The process that did the acts is gone; with the power gone too nothing is up any more. */
void stub_crash(struct world *world, uint8_t host, uint8_t role, bool power);
