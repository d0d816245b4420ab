/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long pauses and returning members are learned from what the member notes about them.
 */
#include "daemon/worker/reannounce.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/print.h"
#include "daemon/daemon.h"
#include "daemon/platform/platform.h"

enum {
	/* Lateness below this is the timer's own coarseness, however fast the heartbeats. */
	PAUSE_LEAST_MS = 10,
	/* A host that stutters says so this often. */
	TOLD_EVERY_MS = 10000,
	/* A member that comes and goes is no reason to flood the link. */
	ANNOUNCED_EVERY_MS = 5000,
};

void senses_init(struct senses *senses)
{
	memset(senses, 0, sizeof *senses);
	senses->paused_at = senses->told_at = INSTANT_PAST;
	for (uint8_t r = 0; r < ROLES_MAX; r++)
		senses->announced_at[r] = INSTANT_PAST;
}

/* --- pauses */

static struct span tolerated(const struct daemon *daemon)
{
	const struct span half = span_divided(daemon->config.setup.timing.heartbeat, 2);

	return half.ns > span_ms(PAUSE_LEAST_MS).ns ? half : span_ms(PAUSE_LEAST_MS);
}

static void tell_pause(struct daemon *daemon, struct instant now, struct span late)
{
	struct senses *senses = &daemon->senses;
	char others[64] = "", promised[SPAN_TEXT_BYTES];

	if (instant_since(now, senses->told_at).ns < span_ms(TOLD_EVERY_MS).ns) {
		senses->untold++;
		return;
	}
	if (senses->untold > 0)
		(void)snprintf(others, sizeof others, "; %" PRIu64 " more since the last such line",
		               senses->untold);
	span_text(daemon->config.setup.timing.lease, promised);
	log_write(daemon->log, LEVEL_WARNING,
	          "this process was not running for %" PRId64 " ms (the lease is %s): a busy or "
	          "paused host%s",
	          late.ns / 1000000, promised, others);
	senses->told_at = now;
	senses->untold = 0;
}

void senses_late(struct daemon *daemon, struct instant now, struct span late)
{
	struct senses *senses = &daemon->senses;

	if (late.ns <= tolerated(daemon).ns)
		return;
	senses->pauses++;
	senses->paused_at = now;
	senses->last_pause = late;
	if (late.ns > senses->longest_pause.ns)
		senses->longest_pause = late;
	tell_pause(daemon, now, late);
}

/* --- telling the neighbours again */

void senses_hear(struct senses *senses, const struct effects *effects)
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
				senses->owed[r] = rows[k].means;
		}
	}
}

enum sense senses_due(struct senses *senses, uint8_t role, bool holds, bool may_act,
                      struct instant now)
{
	const enum sense why = senses->owed[role];

	if (!holds)
		senses->owed[role] = SENSE_NOTHING; /* a start announces by itself */
	if (!holds || !may_act || why == SENSE_NOTHING ||
	    instant_since(now, senses->announced_at[role]).ns < span_ms(ANNOUNCED_EVERY_MS).ns)
		return SENSE_NOTHING;
	senses->owed[role] = SENSE_NOTHING;
	senses->announced_at[role] = now;
	return why;
}

static void announce(struct daemon *daemon, uint8_t role, enum sense why)
{
	static const char *const reasons[] = {
	    [SENSE_NOTHING] = "",
	    [SENSE_PAUSE] = "this node was paused",
	    [SENSE_RETURN] = "a member is heard again",
	};
	unsigned count;

	if (why == SENSE_NOTHING)
		return;
	count = runner_announce(daemon->runner, role);
	if (count == 0)
		return;
	daemon->senses.announced++;
	log_write(daemon->log, LEVEL_INFO, "%s: %s: telling the neighbours again where it is",
	          daemon->config.setup.roles[role].name, reasons[why]);
}

void senses_follow(struct daemon *daemon)
{
	const struct instant now = platform_now();

	if (uv_is_closing((uv_handle_t *)&daemon->wakeup))
		return; /* with the runner, too */
	senses_hear(&daemon->senses, &daemon->effects);
	for (uint8_t r = 0; r < daemon->config.setup.role_count; r++) {
		const bool holds = member_lease_end(&daemon->member, r).ns != INSTANT_PAST.ns;

		announce(daemon, r,
		         senses_due(&daemon->senses, r, holds,
		                    member_may_act(&daemon->member, r, now), now));
	}
}
