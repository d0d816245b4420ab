/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of one scenario with what was told since the last verb, and the steps of time that all
 * verbs share. Knows no verbs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/scenario/transcript.h"
#include "tests/scenario/words.h"
#include "tests/world/world.h"

enum { STAGE_FAILURE_BYTES = 500 };

struct stage {
	struct world *world; /* owned */
	bool has_cluster;
	bool silent;                  /* what is told is not put down */
	const char *awaited;          /* borrowed during `until`: a part of a line; NULL: none */
	bool heard;                   /* it was told */
	int64_t told_at;              /* when the last line was */
	uint64_t asked;               /* handle of the last command */
	struct transcript transcript; /* of this verb */
	char failure[STAGE_FAILURE_BYTES];
};

void stage_open(struct stage *stage);
void stage_close(struct stage *stage);

/* Something is wrong whatever the file expects. Returns false, to be returned on. */
bool stage_fail(struct stage *stage, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line of its own, without a time. */
void stage_say(struct stage *stage, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Goes on until true time `until`; false: a promise was broken. */
bool stage_run(struct stage *stage, int64_t until);

/* What happens at this very moment. */
bool stage_now(struct stage *stage);

/* Until `holds`; false: a promise was broken, or it does not hold within `limit`. */
bool stage_await(struct stage *stage, bool (*holds)(struct stage *stage, const struct words *words),
                 const struct words *words, int64_t limit);

/* Names of the cluster; false: there is none, and the failure says so. */
bool stage_host(struct stage *stage, const char *word, uint8_t *host);
bool stage_role(struct stage *stage, const char *word, uint8_t *role);
