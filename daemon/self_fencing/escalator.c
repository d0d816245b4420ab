/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A claim stays until all of its role is down: so a claim whose lease is over is what may be up. It
 * is looked at again at the moment when it is due, for it may be down by then.
 */
#include "daemon/self_fencing/escalator.h"

#include <stdio.h>
#include <string.h>

#include "config/print.h"
#include "daemon/log.h"
#include "daemon/platform/platform.h"

enum { AGAIN_MS = 5000 };

static void wake_up(uv_timer_t *timer);

static struct instant due_at(const struct escalator *escalator, uint8_t role)
{
	const struct span release = escalator->settings.leases->release[role];
	const struct instant due = escalation_due(&escalator->roles[role], release);

	return instant_later(due, escalator->again_at[role]);
}

static void look(struct escalator *escalator, struct instant now)
{
	const struct leases *leases = escalator->settings.leases;

	for (uint8_t r = 0; r < leases->count; r++) {
		const struct instant end = leases->end[r];
		const bool claims = end.ns != INSTANT_PAST.ns;

		escalation_follow(&escalator->roles[r], end, claims, now);
		if (!escalator->roles[r].is_killing)
			escalator->again_at[r] = INSTANT_PAST;
	}
}

static void schedule(struct escalator *escalator, struct instant now)
{
	struct instant due = INSTANT_NEVER;
	int64_t left;

	for (uint8_t r = 0; r < escalator->settings.leases->count; r++)
		due = instant_earlier(due, due_at(escalator, r));
	if (due.ns == INSTANT_NEVER.ns) {
		(void)uv_timer_stop(&escalator->timer);
		return;
	}
	left = instant_since(due, now).ns;
	uv_update_time(escalator->settings.loop);
	(void)uv_timer_start(&escalator->timer, wake_up,
	                     left <= 0 ? 0 : (uint64_t)(left / 1000000) + 1, 0);
}

static void escalate(struct escalator *escalator, uint8_t role, struct instant now)
{
	const struct escalator_settings *settings = &escalator->settings;
	const char *name = settings->config->setup.roles[role].name;
	const struct span passed = instant_since(now, escalator->roles[role].lease_end);
	char up[LASTWORDS_TEXT_BYTES / 2], why[LASTWORDS_TEXT_BYTES], since[SPAN_TEXT_BYTES];
	struct error error;

	span_text(span_ms(passed.ns / 1000000), since);
	settings->list_up(settings->context, role, up, sizeof up);
	(void)snprintf(
	    why, sizeof why,
	    "%s: still up here %s after its lease ended, so it may be up twice by now%s%s", name,
	    since, up[0] != '\0' ? ": " : "", up);
	escalator->again_at[role] = instant_plus(now, span_ms(AGAIN_MS));
	if (!escalator->reboots) {
		log_write(settings->log, LEVEL_ERROR,
		          "%s; killing it again (escalate = reboot would reboot this host)", why);
		settings->kill_again(settings->context, role);
		return;
	}
	log_write(settings->log, LEVEL_ERROR, "%s; rebooting this host", why);
	if (reboot_reason_and_reboot(escalator->path, why, &error) == CODE_OK)
		return;
	log_write(settings->log, LEVEL_ERROR, "%s; killing %s again", error.text, name);
	settings->kill_again(settings->context, role);
}

static void wake_up(uv_timer_t *timer)
{
	struct escalator *escalator = timer->data;
	const struct instant now = platform_now();

	look(escalator, now);
	for (uint8_t r = 0; r < escalator->settings.leases->count; r++) {
		if (instant_reached(now, due_at(escalator, r)))
			escalate(escalator, r, now);
	}
	schedule(escalator, platform_now());
}

enum code escalator_open(struct escalator *escalator, const struct escalator_settings *settings,
                         struct error *error)
{
	enum code code = reboot_reason_path(escalator->path, settings->state_dir, error);

	if (code != CODE_OK)
		return code;
	escalator->settings = *settings;
	escalator->is_open = true;
	escalator->reboots = settings->config->escalate == ESCALATE_REBOOT;
	for (uint8_t r = 0; r < ROLES_MAX; r++)
		escalator->again_at[r] = INSTANT_PAST;
	(void)uv_timer_init(settings->loop, &escalator->timer);
	escalator->timer.data = escalator;
	reboot_reason_recall(&escalator->last, settings->state_dir);
	if (escalator->last.fresh)
		log_write(settings->log, LEVEL_WARNING,
		          "at %s failoverd rebooted this host, or tried to: %s",
		          escalator->last.date, escalator->last.text);
	return CODE_OK;
}

void escalator_follow(struct escalator *escalator)
{
	const struct instant now = platform_now();

	if (!escalator->is_open)
		return; /* closed: the loop ends */
	look(escalator, now);
	schedule(escalator, now);
}

void escalator_close(struct escalator *escalator)
{
	if (!escalator->is_open)
		return;
	uv_close((uv_handle_t *)&escalator->timer, NULL);
	escalator->is_open = false;
}
