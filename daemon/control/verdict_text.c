/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences of all verdicts, as templates in tables: {role}, {target}, {why} and {limit} are
 * replaced.
 */
#include "daemon/control/verdict_text.h"

#include <stdio.h>
#include <string.h>

#include "config/print.h"

struct words {
	const char *role, *target, *why;
	char limit[SPAN_TEXT_BYTES];
};

static const char *const accepted[REQUEST_KINDS] = {
    [REQUEST_MOVE] = "{role} moves to {target}",
    [REQUEST_STOP] = "{role} is stopped now, and until it is started",
    [REQUEST_START] = "{role} is started now",
    [REQUEST_PAUSE] = "{target} is paused: it takes no role it does not own",
    [REQUEST_RESUME] = "{target} is resumed: it may take roles again",
    [REQUEST_CLEAR] = "the failures of {role} on {target} are cleared: it may be tried there again",
};

static const char *const already[REQUEST_KINDS] = {
    [REQUEST_MOVE] = "{role} is on {target} already",
    [REQUEST_STOP] = "{role} is stopped already",
    [REQUEST_START] = "{role} is started already",
    [REQUEST_PAUSE] = "{target} is paused already",
    [REQUEST_RESUME] = "{target} is not paused",
    [REQUEST_CLEAR] = "{role} has no failures on {target}",
};

static const char role_timeout[] =
    "nobody could answer for {role} within {limit}: no owner or no majority is reachable; see "
    "`failoverd status`. The command is not repeated; it may still have been carried out";
static const char node_timeout[] =
    "{target} did not answer within {limit}; is it running, and reachable?";

static const char *const timed_out[REQUEST_KINDS] = {
    [REQUEST_MOVE] = role_timeout,  [REQUEST_STOP] = role_timeout,   [REQUEST_START] = role_timeout,
    [REQUEST_PAUSE] = node_timeout, [REQUEST_RESUME] = node_timeout, [REQUEST_CLEAR] = node_timeout,
};

/* Of every command alike; NULL: see the tables above. */
static const char *const refused[VERDICTS] = {
    [VERDICT_UNLISTED] = "{target} is not among the nodes of {role}",
    [VERDICT_PAUSED] =
	"{target} is paused; `failoverd resume {target}` first, or choose another node",
    [VERDICT_UNREACHABLE] = "the owner of {role} does not hear {target}; nothing was stopped",
    [VERDICT_UNFIT] = "{target} cannot take {role}: {why}",
    [VERDICT_MISMATCH] =
	"{target} has another definition of {role}; bring the same configuration to both and "
	"restart the daemon that has the older one",
    [VERDICT_NO_TARGET] =
	"no other node could take {role} now; `failoverd status` tells why for each",
    [VERDICT_BUSY] = "another command of this kind is under way; try again when it is done",
    [VERDICT_SUPERSEDED] =
	"another command was carried out, or the owner changed, while this one was on its way; "
	"look at `failoverd status` and decide again",
    [VERDICT_STOPPED] = "{role} is stopped; `failoverd start {role}` first",
    [VERDICT_NO_OWNER] =
	"{role} has no owner, so there is nothing to move; `failoverd status` says why",
    [VERDICT_TABLE_FULL] = "too many commands are under way; try again in a moment",
    [VERDICT_OLD_PEER] = "a member runs an older version that does not know this command; upgrade "
			 "every member first",
};

/* Why a target cannot own the role, as an operator would say it. */
static const char *const unfit_sentences[UNFIT_REASONS] = {
    [UNFIT_NOT] = "it is not ready",
    [UNFIT_UNLISTED] = "it does not know the role: its configuration differs",
    [UNFIT_LEAVING] = "its daemon is shutting down",
    [UNFIT_PAUSED] = "it is paused: `failoverd resume` it first",
    [UNFIT_RESOURCE] = "it lacks what a resource needs: see `failoverd status` there",
    [UNFIT_FAILED] = "it failed there lately or may still run there: see status and log there",
    [UNFIT_LEASE] = "its lease is too short for how fast the voters answer: see the log there",
    [UNFIT_MUTE] = "it has just started and may not vote yet: try again in a moment",
};

static const char *template_of(enum verdict verdict, enum request_kind kind)
{
	if (verdict == VERDICT_ACCEPTED)
		return accepted[kind];
	if (verdict == VERDICT_ALREADY)
		return already[kind];
	if (verdict == VERDICT_TIMEOUT)
		return timed_out[kind];
	return refused[verdict];
}

/* The word that a place in braces stands for; NULL: not such a place. *length is of the place. */
static const char *word_at(const char *at, const struct words *words, size_t *length)
{
	const struct {
		const char *place;
		const char *word;
	} places[] = {
	    {"{role}", words->role},
	    {"{target}", words->target},
	    {"{why}", words->why},
	    {"{limit}", words->limit},
	};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		*length = strlen(places[i].place);
		if (strncmp(at, places[i].place, *length) == 0)
			return places[i].word;
	}
	return NULL;
}

static void expand(const char *template, const struct words *words, char out[ANSWER_TEXT_BYTES])
{
	size_t used = 0;

	while (*template != '\0' && used < ANSWER_TEXT_BYTES - 1) {
		size_t length = 1;
		const char *word = word_at(template, words, &length);

		if (word == NULL) {
			out[used++] = *template ++;
			continue;
		}
		(void)snprintf(out + used, ANSWER_TEXT_BYTES - used, "%s", word);
		used += strlen(out + used);
		template += length;
	}
	out[used] = '\0';
}

void verdict_text(const struct setup *setup, const struct answer_about *about,
                  const struct answer *answer, char out[ANSWER_TEXT_BYTES])
{
	bool of_node = about->kind == REQUEST_PAUSE || about->kind == REQUEST_RESUME;
	uint8_t target = answer->target != 0 ? setup_member_of(setup, answer->target) : NO_MEMBER;
	uint8_t why = answer->detail < UNFIT_REASONS ? answer->detail : UNFIT_NOT;
	struct words words = {
	    .role = of_node ? "" : setup->roles[about->role].name,
	    .why = unfit_sentences[why],
	};

	if (target == NO_MEMBER)
		target = about->target;
	words.target = target == NO_MEMBER ? "another node" : setup->members[target].name;
	span_text(about->limit, words.limit);
	expand(template_of(answer->verdict, about->kind), &words, out);
}
