/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long pauses and returning members are learned from what the member notes about them.
 */
#include "daemon/worker/reannounce.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/print.h"
#include "daemon/log.h"
#include "daemon/platform/platform.h"
#include "daemon/resource/runner.h"
#include "proto/member.h"

enum {
	/* Lateness below this is the timer's own coarseness, however fast the heartbeats. */
	PAUSE_LEAST_MS = 10,
	/* A host that stutters says so this often. */
	TOLD_EVERY_MS = 10000,
	/* A member that comes and goes is no reason to flood the link. */
	ANNOUNCED_EVERY_MS = 5000,
};

void reannounce_init(struct reannounce *reannounce, const struct reannounce_settings *settings)
{
	memset(reannounce, 0, sizeof *reannounce);
	reannounce->settings = *settings;
	reannounce->paused_at = reannounce->told_at = INSTANT_PAST;
	for (uint8_t r = 0; r < ROLES_MAX; r++)
		reannounce->announced_at[r] = INSTANT_PAST;
}

/* --- pauses */

static struct span tolerated(const struct setup *setup)
{
	const struct span half = span_divided(setup->timing.heartbeat, 2);

	return half.ns > span_ms(PAUSE_LEAST_MS).ns ? half : span_ms(PAUSE_LEAST_MS);
}

static void tell_pause(struct reannounce *reannounce, struct instant now, struct span late)
{
	char others[64] = "", promised[SPAN_TEXT_BYTES];

	if (instant_since(now, reannounce->told_at).ns < span_ms(TOLD_EVERY_MS).ns) {
		reannounce->untold++;
		return;
	}
	if (reannounce->untold > 0)
		(void)snprintf(others, sizeof others, "; %" PRIu64 " more since the last such line",
		               reannounce->untold);
	span_text(reannounce->settings.setup->timing.lease, promised);
	log_write(reannounce->settings.log, LEVEL_WARNING,
	          "this process was not running for %" PRId64 " ms (the lease is %s): a busy or "
	          "paused host%s",
	          late.ns / 1000000, promised, others);
	reannounce->told_at = now;
	reannounce->untold = 0;
}

void reannounce_late(struct reannounce *reannounce, struct instant now, struct span late)
{
	if (late.ns <= tolerated(reannounce->settings.setup).ns)
		return;
	reannounce->pauses++;
	reannounce->paused_at = now;
	reannounce->last_pause = late;
	if (late.ns > reannounce->longest_pause.ns)
		reannounce->longest_pause = late;
	tell_pause(reannounce, now, late);
}

/* --- telling the neighbours again */

void reannounce_hear(struct reannounce *reannounce, const struct effects *effects)
{
	static const struct {
		enum note_kind kind;
		enum sense means;
	} rows[] = {
	    {NOTE_PAUSE_NOTICED, SENSE_PAUSE},
	    {NOTE_CLOCK_STOOD, SENSE_PAUSE},
	    {NOTE_PEER_HEARD, SENSE_RETURN},
	};

	for (uint16_t i = 0; i < effects->count; i++) {
		for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
			if (effects->items[i].kind != EFFECT_NOTE ||
			    effects->items[i].as.note.kind != rows[k].kind)
				continue;
			for (uint8_t r = 0; r < ROLES_MAX; r++)
				reannounce->owed[r] = rows[k].means;
		}
	}
}

enum sense reannounce_due(struct reannounce *reannounce, uint8_t role, bool holds, bool may_act,
                          struct instant now)
{
	const enum sense why = reannounce->owed[role];

	if (!holds)
		reannounce->owed[role] = SENSE_NOTHING; /* a start announces by itself */
	if (!holds || !may_act || why == SENSE_NOTHING ||
	    instant_since(now, reannounce->announced_at[role]).ns < span_ms(ANNOUNCED_EVERY_MS).ns)
		return SENSE_NOTHING;
	reannounce->owed[role] = SENSE_NOTHING;
	reannounce->announced_at[role] = now;
	return why;
}

static void announce(struct reannounce *reannounce, struct runner *runner, uint8_t role,
                     enum sense why)
{
	static const char *const reasons[] = {
	    [SENSE_NOTHING] = "",
	    [SENSE_PAUSE] = "this node was paused",
	    [SENSE_RETURN] = "a member is heard again",
	};
	unsigned count;

	if (why == SENSE_NOTHING)
		return;
	count = runner_announce(runner, role);
	if (count == 0)
		return;
	reannounce->announced++;
	log_write(reannounce->settings.log, LEVEL_INFO,
	          "%s: %s: telling the neighbours again where it is",
	          reannounce->settings.setup->roles[role].name, reasons[why]);
}

void reannounce_follow(struct reannounce *reannounce, const struct effects *effects,
                       struct runner *runner)
{
	const struct member *member = reannounce->settings.member;
	const struct instant now = platform_now();

	reannounce_hear(reannounce, effects);
	for (uint8_t r = 0; r < reannounce->settings.setup->role_count; r++) {
		const bool holds = member_lease_end(member, r).ns != INSTANT_PAST.ns;

		announce(reannounce, runner, r,
		         reannounce_due(reannounce, r, holds, member_may_act(member, r, now), now));
	}
}
