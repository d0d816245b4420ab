/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares admission's counters with what was told, every ten seconds.
 */
#include "daemon/worker/refused_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log.h"

enum { EVERY_MS = 10000 };

/* How many in one interval are worth a line, and what an operator should look at. 0: never. */
static const struct advice {
	uint64_t least;
	const char *text;
} advices[REFUSALS] = {
    [REFUSAL_JUNK] = {1, "not of this protocol"},
    [REFUSAL_VERSION] = {1, "another major version: upgrade the older member"},
    [REFUSAL_WRONG_CLUSTER] = {1, "the name in [cluster] differs"},
    [REFUSAL_BAD_TAG] = {1, "made with another configuration file: compare the keys in both"},
    [REFUSAL_UNKNOWN_KEY] = {1, "the sender is not in this configuration"},
    [REFUSAL_SOURCE] = {1, "the source address is not one of the member's: compare `address`"},
    /* A network that repeats or overtakes does this now and then. */
    [REFUSAL_REPLAY] = {20, "stale datagrams received: somebody replays recorded traffic, or two "
                            "hosts run with the same key"},
    [REFUSAL_BAD_SIGNATURE] = {1, "signed with another key than the configuration names"},
    [REFUSAL_MALFORMED] = {1, "signed, but not understood"},
};

static void report(struct refused_log *refused_log, const char *whose, enum refusal refusal,
                   uint64_t count)
{
	bool details = refusal == REFUSAL_MALFORMED && refused_log->malformed[0] != '\0';

	log_write(refused_log->log, LEVEL_WARNING,
	          "%" PRIu64 " datagrams from %s refused: %s (%s%s%s)", count, whose,
	          refusal_word(refusal), advices[refusal].text, details ? ": " : "",
	          details ? refused_log->malformed : "");
}

static void compare(struct refused_log *refused_log, const char *whose,
                    const uint64_t counts[REFUSALS], uint64_t told[REFUSALS])
{
	for (unsigned i = 0; i < REFUSALS; i++) {
		const uint64_t count = counts[i] - told[i];

		told[i] = counts[i];
		if (advices[i].least != 0 && count >= advices[i].least)
			report(refused_log, whose, (enum refusal)i, count);
	}
}

static void look(uv_timer_t *timer)
{
	struct refused_log *refused_log = timer->data;
	const struct admission *admission = refused_log->admission;

	for (uint8_t i = 0; i < refused_log->setup->member_count; i++)
		compare(refused_log, refused_log->setup->members[i].name, admission->refused[i],
		        refused_log->told[i]);
	compare(refused_log, "strangers", admission->refused_strangers,
	        refused_log->told_strangers);
}

void refused_log_open(struct refused_log *refused_log, uv_loop_t *loop, struct log *log,
                      const struct setup *setup, const struct admission *admission)
{
	memset(refused_log, 0, sizeof *refused_log);
	refused_log->log = log;
	refused_log->setup = setup;
	refused_log->admission = admission;
	(void)uv_timer_init(loop, &refused_log->timer);
	refused_log->timer.data = refused_log;
	(void)uv_timer_start(&refused_log->timer, look, EVERY_MS, EVERY_MS);
}

void refused_log_malformed(struct refused_log *refused_log, const char *text)
{
	(void)snprintf(refused_log->malformed, sizeof refused_log->malformed, "%s", text);
}

void refused_log_close(struct refused_log *refused_log)
{
	uv_close((uv_handle_t *)&refused_log->timer, NULL);
}
