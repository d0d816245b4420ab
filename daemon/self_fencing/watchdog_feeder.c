/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From orders to the device, and from its answers to words. Trouble is reported when it begins,
 * when it changes and when it is over, not each time the device is tried again.
 */
#include "daemon/self_fencing/watchdog_feeder.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/fit.h"
#include "config/print.h"
#include "daemon/platform/platform.h"

enum {
	LINE_BYTES = ERROR_TEXT_BYTES + 64,
	/* More orders than this in a row are a mistake of the policy. */
	ORDERS_MAX = 8,
	SLOW_TOLD_EVERY_MS = 60000,
};

static void say(const struct watchdog_feeder *feeder, enum note_level level, const char *format,
                ...) __attribute__((format(printf, 3, 4)));

static void say(const struct watchdog_feeder *feeder, enum note_level level, const char *format,
                ...)
{
	char line[LINE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	feeder->hooks.say(feeder->hooks.context, level, line);
}

static void begin_trouble(struct watchdog_feeder *feeder, const struct error *error)
{
	if (strcmp(feeder->trouble, error->text) == 0)
		return;
	(void)snprintf(feeder->trouble, sizeof feeder->trouble, "%s", error->text);
	say(feeder, feeder->required ? LEVEL_ERROR : LEVEL_WARNING, "watchdog: %s: %s",
	    feeder->required ? "required, and it cannot be used" : "not used", error->text);
}

static void end_trouble(struct watchdog_feeder *feeder)
{
	char timeout[SPAN_TEXT_BYTES];

	span_text(feeder->policy.timeout, timeout);
	if (!feeder->proven)
		say(feeder, LEVEL_INFO,
		    "watchdog: %s (%s), %s after the last feeding it resets this host; armed while "
		    "this node owns a role",
		    feeder->device.path, feeder->facts.identity, timeout);
	else if (feeder->trouble[0] != '\0')
		say(feeder, LEVEL_INFO, "watchdog: %s works again", feeder->device.path);
	feeder->proven = true;
	feeder->trouble[0] = '\0';
}

void watchdog_feeder_open(struct watchdog_feeder *feeder,
                          const struct watchdog_feeder_settings *settings)
{
	struct error error;
	struct span timeout;

	memset(feeder, 0, sizeof *feeder);
	feeder->required = settings->use == USE_REQUIRED;
	feeder->heartbeat = settings->timing.heartbeat;
	feeder->hooks = settings->hooks;
	feeder->slow_told = INSTANT_PAST;
	for (uint8_t r = 0; r < ROLES_MAX; r++)
		feeder->ends[r] = INSTANT_PAST;
	platform_watchdog_init(&feeder->device, settings->device);
	if (settings->use == USE_OFF)
		return;
	if (fit_watchdog(settings->timing, settings->timeout, &timeout, &error) != CODE_OK) {
		begin_trouble(feeder, &error);
		return;
	}
	watchdog_init(&feeder->policy, timeout, true);
	feeder->in_use = true;
}

static bool owns_any(const struct watchdog_feeder *feeder)
{
	for (uint8_t r = 0; r < ROLES_MAX; r++) {
		if (feeder->ends[r].ns != INSTANT_PAST.ns)
			return true;
	}
	return false;
}

void watchdog_feeder_close(struct watchdog_feeder *feeder)
{
	struct error error;

	if (!feeder->in_use || feeder->device.fd < 0)
		return;
	if (owns_any(feeder)) {
		say(feeder, LEVEL_WARNING,
		    "watchdog: left armed, because something may be up here: it resets this "
		    "host unless the daemon comes back in time");
		platform_watchdog_abandon(&feeder->device);
	} else if (platform_watchdog_disarm(&feeder->device, &error) != CODE_OK) {
		begin_trouble(feeder, &error);
	}
}

/* Each feeding costs a system call: what a lease gains between two heartbeats is not worth one. */
static bool gains(const struct watchdog_feeder *feeder, uint8_t role, struct instant lease_end)
{
	const struct span gained = instant_since(lease_end, feeder->ends[role]);

	return gained.ns < 0 || gained.ns >= feeder->heartbeat.ns / 4;
}

void watchdog_feeder_follow(struct watchdog_feeder *feeder, uint8_t role, struct instant lease_end,
                            struct span release)
{
	const bool owned = feeder->ends[role].ns != INSTANT_PAST.ns;
	const bool owns = lease_end.ns != INSTANT_PAST.ns;

	if (!feeder->in_use || (!owned && !owns))
		return;
	if (!owns) {
		feeder->ends[role] = INSTANT_PAST;
		watchdog_released(&feeder->policy, role);
	} else if (!owned || gains(feeder, role, lease_end)) {
		feeder->ends[role] = lease_end;
		watchdog_hold(&feeder->policy, role, lease_end, release);
	}
}

static enum code carry_out(struct watchdog_feeder *feeder, enum watchdog_act act,
                           struct span *armed, struct error *error)
{
	switch (act) {
	case WATCHDOG_NOTHING:
		return CODE_OK;
	case WATCHDOG_ARM:
		if (feeder->device.fd < 0)
			(void)platform_watchdog_look(feeder->device.path, &feeder->facts, NULL);
		return platform_watchdog_arm(&feeder->device, feeder->policy.timeout, armed, error);
	case WATCHDOG_PET:
		return platform_watchdog_pet(&feeder->device, error);
	case WATCHDOG_DISARM:
		return platform_watchdog_disarm(&feeder->device, error);
	}
	return CODE_INVALID;
}

static void tell_silence(const struct watchdog_feeder *feeder, struct span silent)
{
	char passed[SPAN_TEXT_BYTES], left[SPAN_TEXT_BYTES];
	const struct span rest = {feeder->policy.armed.ns - silent.ns};

	span_text(span_ms(silent.ns / 1000000), passed);
	span_text(span_ms(rest.ns < 0 ? 0 : rest.ns / 1000000), left);
	say(feeder, LEVEL_WARNING,
	    "watchdog: no majority has confirmed this owner, so it was not fed for %s: this "
	    "host "
	    "is reset in %s unless a majority does, or all of its roles are down",
	    passed, left);
}

static void tell_slow(struct watchdog_feeder *feeder, struct instant after, struct span took)
{
	char text[SPAN_TEXT_BYTES];

	if (took.ns <= feeder->heartbeat.ns / 2 ||
	    instant_since(after, feeder->slow_told).ns < span_ms(SLOW_TOLD_EVERY_MS).ns)
		return;
	feeder->slow_told = after;
	span_text(span_ms(took.ns / 1000000), text);
	say(feeder, LEVEL_WARNING,
	    "watchdog: %s took %s to answer, and the daemon waited that long", feeder->device.path,
	    text);
}

static void tell_late(const struct watchdog_feeder *feeder, struct span late)
{
	char text[SPAN_TEXT_BYTES];

	span_text(late, text);
	if (late.ns > 0)
		say(feeder, LEVEL_ERROR,
		    "watchdog: fed %s too late: this process was held up, and a reset would "
		    "come "
		    "that much too late",
		    text);
}

/* Armed and stopped at once, as at the start, is no news. */
static void tell_done(const struct watchdog_feeder *feeder, enum watchdog_act act,
                      struct span armed)
{
	char timeout[SPAN_TEXT_BYTES];

	span_text(armed, timeout);
	if (act == WATCHDOG_ARM && owns_any(feeder))
		say(feeder, LEVEL_INFO, "watchdog: armed with %s", timeout);
	if (act == WATCHDOG_DISARM && feeder->feedings > 0)
		say(feeder, LEVEL_INFO, "watchdog: disarmed: nothing is owned here");
}

static void obey(struct watchdog_feeder *feeder, enum watchdog_act act, struct instant before)
{
	struct error error;
	struct span armed = {0}, late;
	const enum code code = carry_out(feeder, act, &armed, &error);
	const struct instant after = platform_now();

	tell_slow(feeder, after, instant_since(after, before));
	if (code != CODE_OK) {
		begin_trouble(feeder, &error);
		watchdog_failed(&feeder->policy, act, after);
		return;
	}
	end_trouble(feeder);
	late = watchdog_done(&feeder->policy, act, after, armed);
	tell_done(feeder, act, armed);
	tell_late(feeder, late);
	feeder->feedings = act == WATCHDOG_PET ? feeder->feedings + 1 : feeder->feedings;
	feeder->feedings = act == WATCHDOG_DISARM ? 0 : feeder->feedings;
}

void watchdog_feeder_turn(struct watchdog_feeder *feeder)
{
	if (!feeder->in_use)
		return;
	for (unsigned i = 0; i < ORDERS_MAX; i++) {
		const struct instant now = platform_now();
		const struct watchdog_order order = watchdog_next(&feeder->policy, now);

		if (order.silent.ns > 0)
			tell_silence(feeder, order.silent);
		if (order.act == WATCHDOG_NOTHING)
			return;
		obey(feeder, order.act, now);
	}
}

struct instant watchdog_feeder_deadline(const struct watchdog_feeder *feeder)
{
	return feeder->in_use ? watchdog_deadline(&feeder->policy) : INSTANT_NEVER;
}

bool watchdog_feeder_allows(const struct watchdog_feeder *feeder, uint8_t role)
{
	if (!feeder->required)
		return true;
	return feeder->in_use && watchdog_covers(&feeder->policy, role);
}

const char *watchdog_feeder_obstacle(const struct watchdog_feeder *feeder)
{
	if (!feeder->required || feeder->trouble[0] == '\0')
		return NULL;
	return feeder->trouble;
}
