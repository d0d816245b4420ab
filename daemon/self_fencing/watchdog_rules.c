/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of the watchdog. Every feeding is checked against the earliest time by which the host
 * must have been reset; everything else is about not resetting hosts in vain.
 */
#include "daemon/self_fencing/watchdog_rules.h"

#include <assert.h>
#include <string.h>

enum { WARN_PERCENT = 60, NS_PER_MS = 1000000 };

/* Between two confirmations each feeding goes half of what is left to the limit; closer than this
 * it is not worth another. */
static const struct span STEP_LEAST = {5 * NS_PER_MS};
static const struct span RETRY = {1000000000};

static struct span half(struct span span)
{
	return span_divided(span, 2);
}

void watchdog_init(struct watchdog *watchdog, struct span timeout, bool left_running)
{
	assert(timeout.ns > 0);
	memset(watchdog, 0, sizeof *watchdog);
	watchdog->timeout = timeout;
	watchdog->left_running = left_running;
	watchdog->pet_at = INSTANT_NEVER;
	watchdog->arm_at = watchdog->disarm_at = INSTANT_PAST;
}

/* The limit moved: what was too late a moment ago may be possible now. A failure is not tried again
 * any sooner for that. */
static void look_again(struct watchdog *watchdog)
{
	watchdog->pet_at = INSTANT_PAST;
	if (watchdog->arm_at.ns == INSTANT_NEVER.ns)
		watchdog->arm_at = INSTANT_PAST;
}

void watchdog_hold(struct watchdog *watchdog, uint8_t role, struct instant lease_end,
                   struct span release)
{
	assert(role < ROLES_MAX);
	watchdog->owns[role] = true;
	watchdog->reset_by[role] = instant_plus(lease_end, half(release));
	look_again(watchdog);
}

void watchdog_released(struct watchdog *watchdog, uint8_t role)
{
	assert(role < ROLES_MAX);
	watchdog->owns[role] = false;
	look_again(watchdog); /* the others may allow more */
}

static bool owns_any(const struct watchdog *watchdog)
{
	for (uint8_t i = 0; i < ROLES_MAX; i++)
		if (watchdog->owns[i])
			return true;
	return false;
}

static bool is_armed(const struct watchdog *watchdog)
{
	return watchdog->armed.ns > 0;
}

static bool needs_device(const struct watchdog *watchdog)
{
	return owns_any(watchdog) || watchdog->left_running;
}

/* Armed before a reload that wants less. */
static bool is_too_long(const struct watchdog *watchdog)
{
	return watchdog->armed.ns > watchdog->timeout.ns;
}

/* By when the host must have been reset; NEVER where nothing is owned: then a reset helps nobody.
 */
static struct instant reset_limit(const struct watchdog *watchdog)
{
	struct instant limit = INSTANT_NEVER;
	for (uint8_t i = 0; i < ROLES_MAX; i++)
		if (watchdog->owns[i])
			limit = instant_earlier(limit, watchdog->reset_by[i]);
	return limit;
}

/* The last moment at which a device with this time-out may begin to count. */
static struct instant pet_limit(const struct watchdog *watchdog, struct span timeout)
{
	return instant_minus(reset_limit(watchdog), timeout);
}

bool watchdog_covers(const struct watchdog *watchdog, uint8_t role)
{
	assert(role < ROLES_MAX);
	if (!is_armed(watchdog) || !watchdog->owns[role])
		return false;
	struct instant fires = instant_plus(watchdog->fed, watchdog->armed);
	return instant_reached(watchdog->reset_by[role], fires);
}

static struct instant warn_at(const struct watchdog *watchdog)
{
	struct span silent = {watchdog->armed.ns / 100 * WARN_PERCENT};
	return instant_plus(watchdog->fed, silent);
}

static bool may_arm(struct watchdog *watchdog, struct instant now)
{
	if (!instant_reached(now, watchdog->arm_at))
		return false;
	if (instant_reached(pet_limit(watchdog, watchdog->timeout), now))
		return true;
	watchdog->arm_at = INSTANT_NEVER; /* until a majority confirms again */
	return false;
}

static enum watchdog_act choose(struct watchdog *watchdog, struct instant now)
{
	if (!is_armed(watchdog))
		return needs_device(watchdog) && may_arm(watchdog, now) ? WATCHDOG_ARM
		                                                        : WATCHDOG_NOTHING;
	if (!owns_any(watchdog) && instant_reached(now, watchdog->disarm_at))
		return WATCHDOG_DISARM;
	if (is_too_long(watchdog) && may_arm(watchdog, now))
		return WATCHDOG_ARM;
	if (!instant_reached(now, watchdog->pet_at))
		return WATCHDOG_NOTHING;
	if (instant_reached(pet_limit(watchdog, watchdog->armed), now))
		return WATCHDOG_PET;
	watchdog->pet_at = INSTANT_NEVER; /* until a majority confirms again */
	return WATCHDOG_NOTHING;
}

struct watchdog_order watchdog_next(struct watchdog *watchdog, struct instant now)
{
	struct watchdog_order order = {0};
	if (is_armed(watchdog) && !watchdog->has_warned &&
	    instant_reached(now, warn_at(watchdog))) {
		watchdog->has_warned = true;
		order.silent = instant_since(now, watchdog->fed);
	}
	order.act = choose(watchdog, now);
	return order;
}

/* The device began to count at `now`. */
static struct span note_fed(struct watchdog *watchdog, struct instant now)
{
	struct instant limit = pet_limit(watchdog, watchdog->armed);
	struct span left = instant_since(limit, now), step = half(left);
	if (step.ns > watchdog->armed.ns / 2)
		step = half(watchdog->armed);
	watchdog->fed = now;
	watchdog->has_warned = false;
	watchdog->pet_at = step.ns < STEP_LEAST.ns ? INSTANT_NEVER : instant_plus(now, step);
	return (struct span){left.ns < 0 ? -left.ns : 0};
}

struct span watchdog_done(struct watchdog *watchdog, enum watchdog_act act, struct instant after,
                          struct span armed)
{
	switch (act) {
	case WATCHDOG_NOTHING:
		return (struct span){0};
	case WATCHDOG_ARM:
		assert(armed.ns > 0);
		watchdog->armed = armed;
		watchdog->left_running = false;
		return note_fed(watchdog, after);
	case WATCHDOG_PET:
		return note_fed(watchdog, after);
	case WATCHDOG_DISARM:
		watchdog->armed = (struct span){0};
		watchdog->pet_at = INSTANT_NEVER;
		return (struct span){0};
	}
	return (struct span){0};
}

void watchdog_failed(struct watchdog *watchdog, enum watchdog_act act, struct instant now)
{
	switch (act) {
	case WATCHDOG_NOTHING:
		return;
	case WATCHDOG_ARM:
		/* Tried again also when nothing is owned any more: who needs a device that works
		 * has to know when it does. */
		watchdog->left_running = true;
		watchdog->arm_at = instant_plus(now, RETRY);
		return;
	case WATCHDOG_PET:
		/* The next confirmation tries again; until then it counts on. */
		watchdog->pet_at = INSTANT_NEVER;
		return;
	case WATCHDOG_DISARM:
		/* It counts, though nothing is owned: taken over anew, fed, and tried again. */
		watchdog->armed = (struct span){0};
		watchdog->left_running = true;
		watchdog->disarm_at = instant_plus(now, RETRY);
		return;
	}
}

struct instant watchdog_deadline(const struct watchdog *watchdog)
{
	if (!is_armed(watchdog))
		return needs_device(watchdog) ? watchdog->arm_at : INSTANT_NEVER;
	struct instant deadline = watchdog->pet_at;
	if (!watchdog->has_warned)
		deadline = instant_earlier(deadline, warn_at(watchdog));
	if (!owns_any(watchdog))
		deadline = instant_earlier(deadline, watchdog->disarm_at);
	if (is_too_long(watchdog))
		deadline = instant_earlier(deadline, watchdog->arm_at);
	return deadline;
}
