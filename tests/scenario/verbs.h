/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of scenarios. Each does one thing to the world at its present moment or lets time pass;
 * what the world tells meanwhile goes into the stage's transcript.
 */
#pragma once

#include <stdbool.h>

#include "tests/scenario/stage.h"
#include "tests/scenario/words.h"

struct verb {
	const char *name;
	const char *operands;
	const char *help;
	bool needs_cluster;
	/* words[0] is the verb. False: stage->failure says what is wrong. */
	bool (*act)(struct stage *stage, const struct words *words);
};

extern const struct verb verbs[];
extern const unsigned verb_count;

/* Does what `line` says; the transcript is what it told. */
bool verb_do(struct stage *stage, const char *line);

/* Building the world, and what operators change. */
bool verb_cluster(struct stage *stage, const struct words *words);
bool verb_request(struct stage *stage, const struct words *words);
bool verb_ask(struct stage *stage, const struct words *words);
bool verb_leave(struct stage *stage, const struct words *words);
bool verb_timing(struct stage *stage, const struct words *words);
bool verb_voters(struct stage *stage, const struct words *words);

/* What goes wrong. */
bool verb_cut(struct stage *stage, const struct words *words);
bool verb_heal(struct stage *stage, const struct words *words);
bool verb_unplug(struct stage *stage, const struct words *words);
bool verb_clog(struct stage *stage, const struct words *words);
bool verb_loss(struct stage *stage, const struct words *words);
bool verb_record(struct stage *stage, const struct words *words);
bool verb_replay(struct stage *stage, const struct words *words);
bool verb_crash(struct stage *stage, const struct words *words);
bool verb_boot(struct stage *stage, const struct words *words);
bool verb_freeze(struct stage *stage, const struct words *words);
bool verb_thaw(struct stage *stage, const struct words *words);
bool verb_slew(struct stage *stage, const struct words *words);
bool verb_drift(struct stage *stage, const struct words *words);
bool verb_disk(struct stage *stage, const struct words *words);
bool verb_resource(struct stage *stage, const struct words *words);

/* Switching hosts off. */
bool verb_agent(struct stage *stage, const struct words *words);
bool verb_halt(struct stage *stage, const struct words *words);

/* Time, and looking. */
bool verb_run(struct stage *stage, const struct words *words);
bool verb_skip(struct stage *stage, const struct words *words);
bool verb_until(struct stage *stage, const struct words *words);
bool verb_settle(struct stage *stage, const struct words *words);
bool verb_show(struct stage *stage, const struct words *words);
