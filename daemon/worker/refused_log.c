/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the door's counters with what was told, every ten seconds.
 */
#include "daemon/worker/refused_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/daemon.h"

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
    [REFUSAL_REPLAY] = {20, "old datagrams come again: somebody replays recorded traffic, or two "
                            "hosts run with the same key"},
    [REFUSAL_BAD_SIGNATURE] = {1, "signed with another key than the configuration names"},
    [REFUSAL_MALFORMED] = {1, "signed, but not understood"},
};

static void report(struct audit *audit, const char *whose, enum refusal refusal, uint64_t count)
{
	bool details = refusal == REFUSAL_MALFORMED && audit->malformed[0] != '\0';

	log_write(audit->daemon->log, LEVEL_WARNING,
	          "%" PRIu64 " datagrams from %s refused: %s (%s%s%s)", count, whose,
	          refusal_word(refusal), advices[refusal].text, details ? ": " : "",
	          details ? audit->malformed : "");
}

static void compare(struct audit *audit, const char *whose, const uint64_t counts[REFUSALS],
                    uint64_t told[REFUSALS])
{
	for (unsigned i = 0; i < REFUSALS; i++) {
		const uint64_t count = counts[i] - told[i];

		told[i] = counts[i];
		if (advices[i].least != 0 && count >= advices[i].least)
			report(audit, whose, (enum refusal)i, count);
	}
}

static void look(uv_timer_t *timer)
{
	struct audit *audit = timer->data;
	const struct daemon *daemon = audit->daemon;

	for (uint8_t i = 0; i < daemon->config.setup.member_count; i++)
		compare(audit, daemon->config.setup.members[i].name, daemon->door.refused[i],
		        audit->told[i]);
	compare(audit, "strangers", daemon->door.refused_strangers, audit->told_strangers);
}

void audit_open(struct audit *audit, struct daemon *daemon)
{
	memset(audit, 0, sizeof *audit);
	audit->daemon = daemon;
	(void)uv_timer_init(&daemon->loop, &audit->timer);
	audit->timer.data = audit;
	(void)uv_timer_start(&audit->timer, look, EVERY_MS, EVERY_MS);
}

void audit_malformed(struct audit *audit, const char *text)
{
	(void)snprintf(audit->malformed, sizeof audit->malformed, "%s", text);
}

void audit_close(struct audit *audit)
{
	uv_close((uv_handle_t *)&audit->timer, NULL);
}
