/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which the resources of one role start and stop, what happens when one fails, and how
 * long each act may take. Pure: knows neither what a resource is nor a clock nor the loop; time
 * comes in with each call, acts come out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "proto/clock.h"

enum {
	GROUP_SLOTS_MAX = CONFIG_ROLE_RESOURCES_MAX,
	GROUP_ACTS_MAX = GROUP_SLOTS_MAX * 4 + 4,
};

/* One resource in the group. Each state reads as "the resource is ...". */
enum slot_state {
	SLOT_DOWN,
	SLOT_WAITING, /* down, and to be started when its time has come */
	SLOT_STARTING,
	SLOT_UP,
	SLOT_MENDING,  /* it failed and is being stopped in order to start again */
	SLOT_CLEARING, /* the same, and the stop took too long: being killed */
	SLOT_BROKEN,   /* it failed, and that is why the role fails; not cleaned up yet */
	SLOT_STOPPING,
	SLOT_KILLING,
};
enum { SLOT_STATES = SLOT_KILLING + 1 };

struct group_slot_options {
	bool critical;
	bool is_address; /* forced release takes these first */
	struct span start_timeout, stop_timeout;
	uint8_t restarts;
	struct span window;
};

struct group_slot {
	struct group_slot_options options;
	enum slot_state state;
	struct instant since; /* it is in this state; 0: from the beginning */
	struct instant until; /* when the state has lasted too long, or WAITING long enough */
	bool was_up;          /* since the role was started */
	bool has_failed;      /* since the role was started */
	bool given_up;        /* not critical, restarts used up: tried again after a window */
	uint32_t restarts;    /* since the role was started */
	uint8_t recent_count;
	struct instant recent[CONFIG_RESTARTS_MAX]; /* the last restarts, oldest first */
};

enum group_phase {
	GROUP_DOWN,
	GROUP_STARTING,
	GROUP_UP,
	GROUP_FAILED, /* said so; waits for the release */
	GROUP_STOPPING,
	GROUP_FORCING,
};

enum group_act_kind {
	ACT_START,    /* slot */
	ACT_STOP,     /* slot */
	ACT_KILL,     /* slot; limit: what an orderly end may still take, 0 for none */
	ACT_STUCK,    /* slot does not die; only to be told */
	ACT_STARTED,  /* all critical resources are up */
	ACT_FAILED,   /* slot is why the role cannot run here */
	ACT_RELEASED, /* everything is down */
};

struct group_act {
	enum group_act_kind kind;
	uint8_t slot;
	uint64_t epoch;
	struct span limit;
};

/* What a resource says of itself. */
enum group_report {
	REPORT_UP, /* answers ACT_START */
	/* The start failed, or what was up broke; remains may be left. What the resource has put
	 * right itself is no news (repairs.h). */
	REPORT_FAILED,
	REPORT_REFUSED, /* ACT_START was not done: the right to act was not there; nothing is left
	                 */
	REPORT_DOWN,    /* answers ACT_STOP and ACT_KILL: nothing is left */
};

/* What is there of a resource when the group takes over from an earlier life of the daemon. */
enum group_found {
	FOUND_NOTHING,
	FOUND_UP,
	FOUND_REMAINS, /* something that is not as it should be: stopped, and then started */
};

struct group {
	enum group_phase phase;
	uint64_t epoch; /* of the start */
	uint64_t release_epoch;
	struct span limit;  /* of a forced release */
	struct instant now; /* of the call under way */
	uint8_t count;
	struct group_slot slots[GROUP_SLOTS_MAX]; /* in the order they start */
	uint8_t act_count;
	struct group_act acts[GROUP_ACTS_MAX];
};

void group_init(struct group *group, const struct group_slot_options *options, uint8_t count);

/* The group must be down. */
void group_start(struct group *group, uint64_t epoch, struct instant now);
/*
 * Instead of group_start, with `found` for each slot: the role goes on. What is up counts as having
 * come up here, so that its end while nobody watched is mended in place like any other, and does
 * not make the role fail; what is not is started in its turn by the rules of a start.
 */
void group_adopt(struct group *group, uint64_t epoch, const enum group_found *found,
                 struct instant now);
/* At any time. A graceful release never softens a forced one. */
void group_release(struct group *group, uint64_t epoch, bool forced, struct span limit,
                   struct instant now);
void group_report(struct group *group, uint8_t slot, enum group_report report, struct instant now);
/* At group_deadline, harmless at any time. */
void group_tick(struct group *group, struct instant now);

/* INSTANT_NEVER: nothing to wait for. */
struct instant group_deadline(const struct group *group);
/* Takes the next act; the caller does them in this order. Reports may come between two. */
bool group_next(struct group *group, struct group_act *act);
