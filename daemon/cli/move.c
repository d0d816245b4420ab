/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd move`: asks, and with --wait follows the role until it is up on its target or
 * somewhere else. Follows first and asks then, so that no phase can be missed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "daemon/cli/client.h"
#include "proto/limits.h"

struct where {
	char owner[NAME_BYTES];     /* "": nobody */
	char releasing[NAME_BYTES]; /* "": nobody */
	char phase[NAME_BYTES];
	double epoch;
};

struct move {
	const char *role;
	uint64_t began; /* uv_hrtime */
	bool accepted, stopping, released, taken;
	char target[NAME_BYTES];
	struct where from; /* when it was accepted: another move may have come before this one */
	struct where now;
};

enum verdict_of_move { MOVE_GOES_ON, MOVE_DONE, MOVE_FAILED };

static const char *text_of(const cJSON *answer, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, name));

	return text == NULL ? "" : text;
}

static void read_where(const cJSON *answer, struct where *where)
{
	const cJSON *epoch = cJSON_GetObjectItemCaseSensitive(answer, "epoch");

	(void)snprintf(where->owner, sizeof where->owner, "%s", text_of(answer, "owner"));
	(void)snprintf(where->releasing, sizeof where->releasing, "%s",
	               text_of(answer, "releasing"));
	(void)snprintf(where->phase, sizeof where->phase, "%s", text_of(answer, "phase"));
	where->epoch = cJSON_IsNumber(epoch) ? epoch->valuedouble : 0;
}

static void print_phase(const struct move *move, const char *phase, const char *who)
{
	const uint64_t us = (uv_hrtime() - move->began) / 1000;

	(void)printf("%6" PRIu64 ".%" PRIu64 " ms  %s%s\n", us / 1000, us % 1000 / 100, phase, who);
	(void)fflush(stdout);
}

/* What is new about where the role is. Phases that went by between two looks are told together. */
static enum verdict_of_move compare(struct move *move)
{
	const char *giver = move->from.owner[0] != '\0' ? move->from.owner : move->from.releasing;
	const bool is_newer = move->now.epoch > move->from.epoch;
	const bool elsewhere = move->now.owner[0] == '\0' || is_newer ||
	                       strcmp(move->now.owner, move->from.owner) != 0;
	const bool on_target = strcmp(move->now.owner, move->target) == 0;

	if (!move->accepted)
		return MOVE_GOES_ON;
	if (elsewhere && !move->stopping) {
		move->stopping = true;
		print_phase(move, "stopping on ", giver);
	}
	if (elsewhere && move->now.releasing[0] == '\0' && !move->released) {
		move->released = true;
		print_phase(move, "released by ", giver);
	}
	if (move->now.owner[0] == '\0')
		return MOVE_GOES_ON;
	/* An earlier owner may still seem to be one: only a new epoch is a failure. */
	if (is_newer && !on_target) {
		(void)fprintf(stderr,
		              "failoverd: move: %s could not take %s; %s has it now: see the log "
		              "of %s\n",
		              move->target, move->role, move->now.owner, move->target);
		return MOVE_FAILED;
	}
	if (elsewhere && on_target && !move->taken) {
		move->taken = true;
		print_phase(move, "taken by ", move->target);
	}
	if (on_target && strcmp(move->now.phase, "up") == 0) {
		print_phase(move, "up on ", move->target);
		return MOVE_DONE;
	}
	return MOVE_GOES_ON;
}

static enum verdict_of_move hear(struct move *move, const cJSON *answer)
{
	const bool refused = cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(answer, "ok"));

	if (refused) {
		(void)client_print("move", answer);
		return MOVE_FAILED;
	}
	if (cJSON_HasObjectItem(answer, "verdict")) {
		move->accepted = true;
		read_where(answer, &move->from);
		move->now = move->from;
		(void)snprintf(move->target, sizeof move->target, "%s", text_of(answer, "target"));
		print_phase(move, "accepted: ", text_of(answer, "text"));
	} else {
		read_where(answer, &move->now);
	}
	return compare(move);
}

/* Whatever the time-out was waiting for. */
static void print_expired(const struct move *move)
{
	(void)fprintf(stderr, "failoverd: move: not done in time: %s is %s%s%s\n", move->role,
	              move->now.owner[0] == '\0' ? "owned by nobody" : move->now.phase,
	              move->now.owner[0] == '\0' ? "" : " on ", move->now.owner);
}

static enum exit_code follow(struct client *client, const struct options *options)
{
	const struct client_question question = {.verb = "move",
	                                         .role = options->operands[0],
	                                         .node = options->operands[1],
	                                         .limit = options->timeout};
	struct move move = {.role = options->operands[0]};
	enum verdict_of_move verdict = MOVE_GOES_ON;
	bool asked = false;
	struct error error;

	while (verdict == MOVE_GOES_ON) {
		cJSON *answer = NULL;
		enum code code = client_next(client, &answer, &error);

		if (code == CODE_TIMEOUT && asked) {
			print_expired(&move);
			return EXIT_REFUSED;
		}
		if (code != CODE_OK)
			return client_failed("move", &error);
		verdict = hear(&move, answer);
		cJSON_Delete(answer);
		if (asked || verdict != MOVE_GOES_ON)
			continue;
		asked = true;
		move.began = uv_hrtime();
		if (client_ask(client, &question, &error) != CODE_OK)
			return client_failed("move", &error);
	}
	return verdict == MOVE_DONE ? EXIT_DONE : EXIT_REFUSED;
}

enum exit_code command_move(const struct options *options)
{
	const struct client_question question = {.verb = "follow", .role = options->operands[0]};
	struct client *client = NULL;
	struct error error;
	enum exit_code result;

	if (!options->wait)
		return client_command(options, "move", options->operands[0], options->operands[1]);
	if (client_open(&client, options->run_dir, options->timeout, &error) != CODE_OK ||
	    client_ask(client, &question, &error) != CODE_OK)
		result = client_failed("move", &error);
	else
		result = follow(client, options);
	client_close(client);
	return result;
}
