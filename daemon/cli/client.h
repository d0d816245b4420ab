/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of the control socket: connect, ask, wait for lines. Blocks until an answer or its
 * limit; knows no verbs.
 */
#pragma once

#include <cjson/cJSON.h>

#include "daemon/cli/commands.h"
#include "proto/clock.h"
#include "proto/error.h"

struct client;

/* `limit` is for everything until client_close. CODE_NOT_FOUND: no daemon runs. CODE_DENIED: the
 * socket is not for this user. */
enum code client_open(struct client **client, const char *run_dir, struct span limit,
                      struct error *error);

struct client_question {
	const char *verb;
	const char *role, *node; /* NULL: not said */
	struct span limit;       /* 0: not said */
};

enum code client_ask(struct client *client, const struct client_question *question,
                     struct error *error);

/* The next answer, which the caller frees. CODE_TIMEOUT, CODE_NOT_FOUND (the daemon has gone). */
enum code client_next(struct client *client, cJSON **answer, struct error *error);

void client_close(struct client *client); /* accepts NULL */

/* Asks one question and takes one answer, which the caller frees; EXIT_DONE, or another code after
 * a message on stderr. */
enum exit_code client_fetch(const struct options *options, const struct client_question *question,
                            cJSON **answer);
/* One command that is answered once: asks, prints what came of it, returns the exit code. */
enum exit_code client_command(const struct options *options, const char *verb, const char *role,
                              const char *node);

/* The exit code and the message for a failure of the above. */
enum exit_code client_failed(const char *verb, const struct error *error);
/* Prints the sentence of an answer; EXIT_DONE when it says "ok". */
enum exit_code client_print(const char *verb, const cJSON *answer);
