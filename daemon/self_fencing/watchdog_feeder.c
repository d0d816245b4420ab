/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From orders to the device, and from its answers to words. Trouble is told when it begins, when it
 * changes and when it is over, not each time the device is tried again.
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

static void say(const struct petter *petter, enum note_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(const struct petter *petter, enum note_level level, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	petter->hooks.say(petter->hooks.context, level, line);
}

static void begin_trouble(struct petter *petter, const struct error *error)
{
	if (strcmp(petter->trouble, error->text) == 0)
		return;
	(void)snprintf(petter->trouble, sizeof petter->trouble, "%s", error->text);
	say(petter, petter->required ? LEVEL_ERROR : LEVEL_WARNING, "watchdog: %s: %s",
	    petter->required ? "required, and it cannot be used" : "not used", error->text);
}

static void end_trouble(struct petter *petter)
{
	char timeout[SPAN_TEXT_BYTES];

	span_text(petter->policy.timeout, timeout);
	if (!petter->proven)
		say(petter, LEVEL_INFO,
		    "watchdog: %s (%s), %s after the last petting it resets this host; armed while "
		    "this node owns a role",
		    petter->device.path, petter->facts.identity, timeout);
	else if (petter->trouble[0] != '\0')
		say(petter, LEVEL_INFO, "watchdog: %s works again", petter->device.path);
	petter->proven = true;
	petter->trouble[0] = '\0';
}

void petter_open(struct petter *petter, const struct petter_settings *settings)
{
	struct error error;
	struct span timeout;

	memset(petter, 0, sizeof *petter);
	petter->required = settings->use == USE_REQUIRED;
	petter->heartbeat = settings->timing.heartbeat;
	petter->hooks = settings->hooks;
	petter->slow_told = INSTANT_PAST;
	for (uint8_t r = 0; r < ROLES_MAX; r++)
		petter->ends[r] = INSTANT_PAST;
	platform_watchdog_init(&petter->device, settings->device);
	if (settings->use == USE_OFF)
		return;
	if (fit_watchdog(settings->timing, settings->timeout, &timeout, &error) != CODE_OK) {
		begin_trouble(petter, &error);
		return;
	}
	watchdog_init(&petter->policy, timeout, true);
	petter->in_use = true;
}

static bool owns_any(const struct petter *petter)
{
	for (uint8_t r = 0; r < ROLES_MAX; r++) {
		if (petter->ends[r].ns != INSTANT_PAST.ns)
			return true;
	}
	return false;
}

void petter_close(struct petter *petter)
{
	struct error error;

	if (!petter->in_use || petter->device.fd < 0)
		return;
	if (owns_any(petter)) {
		say(petter, LEVEL_WARNING,
		    "watchdog: left counting, because something may be up here: it resets this "
		    "host unless the daemon comes back in time");
		platform_watchdog_abandon(&petter->device);
	} else if (platform_watchdog_disarm(&petter->device, &error) != CODE_OK) {
		begin_trouble(petter, &error);
	}
}

/* Each petting costs a system call: what a lease gains between two heartbeats is not worth one. */
static bool gains(const struct petter *petter, uint8_t role, struct instant lease_end)
{
	const struct span gained = instant_since(lease_end, petter->ends[role]);

	return gained.ns < 0 || gained.ns >= petter->heartbeat.ns / 4;
}

void petter_follow(struct petter *petter, uint8_t role, struct instant lease_end,
                   struct span release)
{
	const bool owned = petter->ends[role].ns != INSTANT_PAST.ns;
	const bool owns = lease_end.ns != INSTANT_PAST.ns;

	if (!petter->in_use || (!owned && !owns))
		return;
	if (!owns) {
		petter->ends[role] = INSTANT_PAST;
		watchdog_released(&petter->policy, role);
	} else if (!owned || gains(petter, role, lease_end)) {
		petter->ends[role] = lease_end;
		watchdog_hold(&petter->policy, role, lease_end, release);
	}
}

static enum code carry_out(struct petter *petter, enum watchdog_act act, struct span *armed,
                           struct error *error)
{
	switch (act) {
	case WATCHDOG_NOTHING:
		return CODE_OK;
	case WATCHDOG_ARM:
		if (petter->device.fd < 0)
			(void)platform_watchdog_look(petter->device.path, &petter->facts, NULL);
		return platform_watchdog_arm(&petter->device, petter->policy.timeout, armed, error);
	case WATCHDOG_PET:
		return platform_watchdog_pet(&petter->device, error);
	case WATCHDOG_DISARM:
		return platform_watchdog_disarm(&petter->device, error);
	}
	return CODE_INVALID;
}

static void tell_silence(const struct petter *petter, struct span silent)
{
	char passed[SPAN_TEXT_BYTES], left[SPAN_TEXT_BYTES];
	const struct span rest = {petter->policy.armed.ns - silent.ns};

	span_text(span_ms(silent.ns / 1000000), passed);
	span_text(span_ms(rest.ns < 0 ? 0 : rest.ns / 1000000), left);
	say(petter, LEVEL_WARNING,
	    "watchdog: no majority has confirmed this owner, so it was not petted for %s: this "
	    "host "
	    "is reset in %s unless a majority does, or all of its roles are down",
	    passed, left);
}

static void tell_slow(struct petter *petter, struct instant after, struct span took)
{
	char text[SPAN_TEXT_BYTES];

	if (took.ns <= petter->heartbeat.ns / 2 ||
	    instant_since(after, petter->slow_told).ns < span_ms(SLOW_TOLD_EVERY_MS).ns)
		return;
	petter->slow_told = after;
	span_text(span_ms(took.ns / 1000000), text);
	say(petter, LEVEL_WARNING,
	    "watchdog: %s took %s to answer, and the daemon waited that long", petter->device.path,
	    text);
}

static void tell_late(const struct petter *petter, struct span late)
{
	char text[SPAN_TEXT_BYTES];

	span_text(late, text);
	if (late.ns > 0)
		say(petter, LEVEL_ERROR,
		    "watchdog: petted %s too late: this process was held up, and a reset would "
		    "come "
		    "that much too late",
		    text);
}

/* Armed and stopped at once, as at the start, is no news. */
static void tell_done(const struct petter *petter, enum watchdog_act act, struct span armed)
{
	char timeout[SPAN_TEXT_BYTES];

	span_text(armed, timeout);
	if (act == WATCHDOG_ARM && owns_any(petter))
		say(petter, LEVEL_INFO, "watchdog: armed with %s", timeout);
	if (act == WATCHDOG_DISARM && petter->pettings > 0)
		say(petter, LEVEL_INFO, "watchdog: disarmed: nothing is owned here");
}

static void obey(struct petter *petter, enum watchdog_act act, struct instant before)
{
	struct error error;
	struct span armed = {0}, late;
	const enum code code = carry_out(petter, act, &armed, &error);
	const struct instant after = platform_now();

	tell_slow(petter, after, instant_since(after, before));
	if (code != CODE_OK) {
		begin_trouble(petter, &error);
		watchdog_failed(&petter->policy, act, after);
		return;
	}
	end_trouble(petter);
	late = watchdog_done(&petter->policy, act, after, armed);
	tell_done(petter, act, armed);
	tell_late(petter, late);
	petter->pettings = act == WATCHDOG_PET ? petter->pettings + 1 : petter->pettings;
	petter->pettings = act == WATCHDOG_DISARM ? 0 : petter->pettings;
}

void petter_turn(struct petter *petter)
{
	if (!petter->in_use)
		return;
	for (unsigned i = 0; i < ORDERS_MAX; i++) {
		const struct instant now = platform_now();
		const struct watchdog_order order = watchdog_next(&petter->policy, now);

		if (order.silent.ns > 0)
			tell_silence(petter, order.silent);
		if (order.act == WATCHDOG_NOTHING)
			return;
		obey(petter, order.act, now);
	}
}

struct instant petter_deadline(const struct petter *petter)
{
	return petter->in_use ? watchdog_deadline(&petter->policy) : INSTANT_NEVER;
}

bool petter_allows(const struct petter *petter, uint8_t role)
{
	if (!petter->required)
		return true;
	return petter->in_use && watchdog_covers(&petter->policy, role);
}

const char *petter_obstacle(const struct petter *petter)
{
	if (!petter->required || petter->trouble[0] == '\0')
		return NULL;
	return petter->trouble;
}
