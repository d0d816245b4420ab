/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line from the control socket to a typed request. Knows no verbs and no names of this cluster;
 * what it reads may be anything.
 */
#pragma once

#include <stddef.h>

#include "proto/clock.h"
#include "proto/error.h"
#include "proto/limits.h"

enum { REQUEST_VERB_BYTES = 16 };

struct control_request {
	char verb[REQUEST_VERB_BYTES];
	char role[NAME_BYTES]; /* "": not said */
	char node[NAME_BYTES]; /* likewise */
	struct span limit;     /* for how long the asker waits */
};

/* {"verb": "move", "role": "ledger", "node": "beta", "timeout_ms": 30000}; all but the verb may be
 * missing, and a member of another name or type is refused. CODE_INVALID with a sentence. */
enum code request_parse(const char *line, size_t length, struct control_request *request,
                        struct error *error);
