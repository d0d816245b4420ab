/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequencer of one role: a table for one resource, and the rule whose turn it is. The only
 * assignment to a slot's state is in `step`.
 */
#include "daemon/resource/group.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Delay of the first restart; it doubles, so that a crash loop does not eat the host. */
static const struct span RESTART_DELAY = {200 * 1000000LL};
static const struct span RESTART_DELAY_MAX = {5 * 1000000000LL};
/* Without the right to act: it comes back within a round trip, or a release comes instead. */
static const struct span REFUSED_DELAY = {20 * 1000000LL};
/* How often to tell that something does not die. */
static const struct span STUCK_INTERVAL = {5 * 1000000000LL};

enum slot_event {
	EVENT_TURN = 1 << 0, /* everything it needs is up */
	EVENT_UP = 1 << 1,
	EVENT_BROKE = 1 << 2,
	EVENT_REFUSED = 1 << 3,
	EVENT_GONE = 1 << 4,
	EVENT_LATE = 1 << 5, /* the state lasted too long */
	EVENT_END = 1 << 6,  /* the role comes down, and it is this one's turn */
	EVENT_FORCE = 1 << 7,
	EVENT_FOUND = 1 << 8,   /* by group_adopt: it is up */
	EVENT_REMAINS = 1 << 9, /* by group_adopt: something is left of it */
};

static void emit(struct group *group, enum group_act_kind kind, const struct group_slot *slot)
{
	assert(group->act_count < GROUP_ACTS_MAX);
	struct group_act *act = &group->acts[group->act_count++];
	*act = (struct group_act){.kind = kind, .epoch = group->epoch};
	if (slot != NULL)
		act->slot = (uint8_t)(slot - group->slots);
}

static struct instant after(const struct group *group, struct span limit)
{
	return limit.ns > 0 ? instant_plus(group->now, limit) : INSTANT_NEVER;
}

static bool delay_is_over(const struct group *group, const struct group_slot *slot)
{
	return instant_reached(group->now, slot->until);
}

static uint8_t restarts_in_window(const struct group *group, const struct group_slot *slot)
{
	uint8_t count = 0;
	struct instant begin = instant_minus(group->now, slot->options.window);
	for (uint8_t i = 0; i < slot->recent_count; i++)
		count += instant_before(begin, slot->recent[i]);
	return count;
}

/* A critical resource that never came up since the role was started is no better after a second try
 * here; another node may do. */
static bool may_restart(const struct group *group, const struct group_slot *slot)
{
	return (slot->was_up || !slot->options.critical) &&
	       restarts_in_window(group, slot) < slot->options.restarts;
}

static bool is_critical(const struct group *group, const struct group_slot *slot)
{
	(void)group;
	return slot->options.critical;
}

static void begin_start(struct group *group, struct group_slot *slot)
{
	slot->until = after(group, slot->options.start_timeout);
	emit(group, ACT_START, slot);
}

static void begin_stop(struct group *group, struct group_slot *slot)
{
	slot->until = after(group, slot->options.stop_timeout);
	emit(group, ACT_STOP, slot);
}

static void begin_kill(struct group *group, struct group_slot *slot)
{
	bool is_forced = group->phase == GROUP_FORCING;
	struct span limit = is_forced ? group->limit : (struct span){0};
	slot->until = after(group, limit.ns > 0 ? limit : STUCK_INTERVAL);
	emit(group, ACT_KILL, slot);
	group->acts[group->act_count - 1].limit = limit;
}

static void tell_stuck(struct group *group, struct group_slot *slot)
{
	slot->until = after(group, STUCK_INTERVAL);
	emit(group, ACT_STUCK, slot);
}

static void spend_one(struct group *group, struct group_slot *slot)
{
	if (slot->recent_count == CONFIG_RESTARTS_MAX) {
		memmove(slot->recent, slot->recent + 1,
		        (CONFIG_RESTARTS_MAX - 1) * sizeof slot->recent[0]);
		slot->recent_count--;
	}
	slot->recent[slot->recent_count++] = group->now;
	slot->restarts++;
	slot->has_failed = true;
}

static void mend(struct group *group, struct group_slot *slot)
{
	spend_one(group, slot);
	begin_stop(group, slot);
}

static void give_up(struct group *group, struct group_slot *slot)
{
	slot->has_failed = true;
	slot->given_up = true;
	begin_stop(group, slot);
}

static void fail_role(struct group *group, struct group_slot *slot)
{
	slot->has_failed = true;
	slot->until = INSTANT_NEVER;
	if (group->phase != GROUP_STARTING && group->phase != GROUP_UP)
		return;
	group->phase = GROUP_FAILED;
	emit(group, ACT_FAILED, slot);
}

static void come_up(struct group *group, struct group_slot *slot)
{
	(void)group;
	slot->until = INSTANT_NEVER;
	slot->was_up = true;
	slot->given_up = false;
}

static void wait_again(struct group *group, struct group_slot *slot)
{
	struct span delay = RESTART_DELAY;
	if (slot->given_up) {
		/* Never is what `restart = none` asks for. */
		slot->until = slot->options.restarts == 0 ? INSTANT_NEVER
		                                          : after(group, slot->options.window);
		return;
	}
	for (uint8_t i = restarts_in_window(group, slot); i > 1; i--)
		delay = span_times(delay, delay.ns < RESTART_DELAY_MAX.ns ? 2 : 1);
	if (delay.ns > RESTART_DELAY_MAX.ns)
		delay = RESTART_DELAY_MAX;
	slot->until = after(group, delay);
}

static void ask_later(struct group *group, struct group_slot *slot)
{
	slot->until = after(group, REFUSED_DELAY);
}

static void rest(struct group *group, struct group_slot *slot)
{
	(void)group;
	slot->until = INSTANT_NEVER;
}

/* Sets of states, for the table. */
enum {
	DOWN = 1 << SLOT_DOWN,
	WAITING = 1 << SLOT_WAITING,
	STARTING = 1 << SLOT_STARTING,
	UP = 1 << SLOT_UP,
	MENDING = 1 << SLOT_MENDING,
	CLEARING = 1 << SLOT_CLEARING,
	BROKEN = 1 << SLOT_BROKEN,
	STOPPING = 1 << SLOT_STOPPING,
	KILLING = 1 << SLOT_KILLING,
	NOT_CLEAN = STARTING | UP | MENDING | CLEARING | BROKEN | STOPPING | KILLING,
};

static const struct transition {
	unsigned from;                                                          /* set of states */
	unsigned on;                                                            /* set of events */
	bool (*when)(const struct group *group, const struct group_slot *slot); /* NULL: always */
	enum slot_state to;
	void (*then)(struct group *group, struct group_slot *slot); /* NULL: nothing */
} transitions[] = {
    /* clang-format off */
    /* from                  on                        when           to             then */
    {DOWN,                    EVENT_TURN,               NULL,          SLOT_STARTING, begin_start},
    {DOWN,                    EVENT_FOUND,              NULL,          SLOT_UP,       come_up},
    {DOWN,                    EVENT_REMAINS,            NULL,          SLOT_MENDING,  begin_stop},
    {WAITING,                 EVENT_TURN,               delay_is_over, SLOT_STARTING, begin_start},
    {WAITING,                 EVENT_END | EVENT_FORCE,  NULL,          SLOT_DOWN,     rest},
    {STARTING,                EVENT_UP,                 NULL,          SLOT_UP,       come_up},
    {STARTING,                EVENT_REFUSED,            NULL,          SLOT_WAITING,  ask_later},
    {STARTING | UP,           EVENT_BROKE | EVENT_LATE, may_restart,   SLOT_MENDING,  mend},
    {STARTING | UP,           EVENT_BROKE | EVENT_LATE, is_critical,   SLOT_BROKEN,   fail_role},
    {STARTING | UP,           EVENT_BROKE | EVENT_LATE, NULL,          SLOT_MENDING,  give_up},
    {MENDING | CLEARING,      EVENT_GONE,               NULL,          SLOT_WAITING,  wait_again},
    {MENDING,                 EVENT_LATE,               NULL,          SLOT_CLEARING, begin_kill},
    {MENDING,                 EVENT_END,                NULL,          SLOT_STOPPING, NULL},
    {CLEARING,                EVENT_END,                NULL,          SLOT_KILLING,  NULL},
    {STARTING | UP | BROKEN,  EVENT_END,                NULL,          SLOT_STOPPING, begin_stop},
    {STOPPING,                EVENT_LATE,               NULL,          SLOT_KILLING,  begin_kill},
    {STOPPING | KILLING,      EVENT_GONE,               NULL,          SLOT_DOWN,     rest},
    {KILLING,                 EVENT_LATE,               NULL,          SLOT_KILLING,  tell_stuck},
    {CLEARING,                EVENT_LATE,               NULL,          SLOT_CLEARING, tell_stuck},
    {NOT_CLEAN,               EVENT_FORCE,              NULL,          SLOT_KILLING,  begin_kill},
    /* clang-format on */
};

/* What no row names is news that came too late: a resource that dies while it is being stopped. */
static void step(struct group *group, struct group_slot *slot, enum slot_event event)
{
	for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++) {
		const struct transition *row = &transitions[i];
		if ((row->from & 1U << slot->state) == 0 || (row->on & event) == 0)
			continue;
		if (row->when != NULL && !row->when(group, slot))
			continue;
		if (slot->state != row->to)
			slot->since = group->now;
		slot->state = row->to;
		if (row->then != NULL)
			row->then(group, slot);
		return;
	}
}

/* Whether those behind it have to wait for it. A resource that is not critical holds up the others
 * only until it has failed once. */
static bool holds_up(const struct group_slot *slot)
{
	if (slot->state == SLOT_UP)
		return false;
	return slot->options.critical || !slot->has_failed;
}

static void settle_up(struct group *group)
{
	bool all_critical = true;
	bool is_turn = true;
	for (uint8_t i = 0; i < group->count; i++) {
		struct group_slot *slot = &group->slots[i];
		if (is_turn)
			step(group, slot, EVENT_TURN);
		is_turn = is_turn && !holds_up(slot);
		all_critical = all_critical && (slot->state == SLOT_UP || !slot->options.critical);
	}
	if (all_critical && group->phase == GROUP_STARTING) {
		group->phase = GROUP_UP;
		emit(group, ACT_STARTED, NULL);
	}
}

static void settle_down(struct group *group)
{
	bool all_down = true;
	for (uint8_t i = group->count; i > 0; i--) {
		struct group_slot *slot = &group->slots[i - 1];
		if (all_down && group->phase == GROUP_STOPPING)
			step(group, slot, EVENT_END);
		all_down = all_down && slot->state == SLOT_DOWN;
	}
	if (!all_down)
		return;
	group->phase = GROUP_DOWN;
	emit(group, ACT_RELEASED, NULL);
	group->acts[group->act_count - 1].epoch = group->release_epoch;
}

static void settle(struct group *group)
{
	switch (group->phase) {
	case GROUP_DOWN:
	case GROUP_FAILED:
		break;
	case GROUP_STARTING:
	case GROUP_UP:
		settle_up(group);
		break;
	case GROUP_STOPPING:
	case GROUP_FORCING:
		settle_down(group);
		break;
	}
}

void group_init(struct group *group, const struct group_slot_options *options, uint8_t count)
{
	assert(count <= GROUP_SLOTS_MAX);
	memset(group, 0, sizeof *group);
	group->count = count;
	for (uint8_t i = 0; i < count; i++) {
		group->slots[i].options = options[i];
		group->slots[i].until = INSTANT_NEVER;
	}
}

void group_start(struct group *group, uint64_t epoch, struct instant now)
{
	group_adopt(group, epoch, (enum group_found[GROUP_SLOTS_MAX]){FOUND_NOTHING}, now);
}

void group_adopt(struct group *group, uint64_t epoch, const enum group_found *found,
                 struct instant now)
{
	assert(group->phase == GROUP_DOWN);
	group->now = now;
	group->epoch = epoch;
	group->phase = GROUP_STARTING;
	for (uint8_t i = 0; i < group->count; i++) {
		struct group_slot *slot = &group->slots[i];
		assert(slot->state == SLOT_DOWN);
		slot->was_up = slot->has_failed = slot->given_up = false;
		slot->restarts = slot->recent_count = 0;
		if (found[i] != FOUND_NOTHING)
			step(group, slot, found[i] == FOUND_UP ? EVENT_FOUND : EVENT_REMAINS);
	}
	settle(group);
}

static void force_all(struct group *group, bool addresses)
{
	for (uint8_t i = 0; i < group->count; i++)
		if (group->slots[i].options.is_address == addresses)
			step(group, &group->slots[i], EVENT_FORCE);
}

void group_release(struct group *group, uint64_t epoch, bool forced, struct span limit,
                   struct instant now)
{
	group->now = now;
	group->release_epoch = epoch;
	if (forced) {
		group->phase = GROUP_FORCING;
		group->limit = limit;
		/* Clients must not reach this node any more, whatever the rest takes. */
		force_all(group, true);
		force_all(group, false);
	} else if (group->phase != GROUP_FORCING) {
		group->phase = GROUP_STOPPING;
	}
	settle(group);
}

void group_report(struct group *group, uint8_t slot, enum group_report report, struct instant now)
{
	static const enum slot_event events[] = {
	    [REPORT_UP] = EVENT_UP,
	    [REPORT_FAILED] = EVENT_BROKE,
	    [REPORT_REFUSED] = EVENT_REFUSED,
	    [REPORT_DOWN] = EVENT_GONE,
	};
	assert(slot < group->count);
	group->now = now;
	step(group, &group->slots[slot], events[report]);
	settle(group);
}

void group_tick(struct group *group, struct instant now)
{
	group->now = now;
	for (uint8_t i = 0; i < group->count; i++) {
		struct group_slot *slot = &group->slots[i];
		if (slot->state != SLOT_WAITING && instant_reached(now, slot->until))
			step(group, slot, EVENT_LATE);
	}
	settle(group);
}

struct instant group_deadline(const struct group *group)
{
	struct instant deadline = INSTANT_NEVER;
	for (uint8_t i = 0; i < group->count; i++) {
		const struct group_slot *slot = &group->slots[i];
		/* One that waited long enough and was not started waits for others now. */
		if (slot->state == SLOT_WAITING && instant_reached(group->now, slot->until))
			continue;
		deadline = instant_earlier(deadline, slot->until);
	}
	return deadline;
}

bool group_next(struct group *group, struct group_act *act)
{
	if (group->act_count == 0)
		return false;
	*act = group->acts[0];
	group->act_count--;
	memmove(group->acts, group->acts + 1, group->act_count * sizeof group->acts[0]);
	return true;
}
