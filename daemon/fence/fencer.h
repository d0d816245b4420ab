/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The member's wish to have another node switched off, carried to the fence agents, and their
 * answer carried back; and what became of the last time, for people. Decides nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/fence/levels.h"
#include "proto/effect.h"

struct log;

struct fencer_settings {
	const struct config *config; /* borrowed until fencer_close, as are the next two */
	struct log *log;
	uv_loop_t *loop;
	void *context;
	/* Whether the node is off, as far as its agents say. Called from the loop, outside of a
	 * step of the member. */
	void (*ended)(void *context, uint8_t member, uint32_t incarnation, bool is_off);
};

/* What this daemon has done about one node. */
struct fencer_run {
	bool is_running;
	bool has_failed;      /* to begin; the member is told when its step is over */
	uint32_t incarnation; /* as the member asked for it */
	bool is_known;        /* the rest means something: of the last run that ended */
	bool is_off;
	struct instant ended;
	struct span took;
	char text[FENCE_TEXT_BYTES]; /* what each agent did */
};

struct fencer {
	struct fencer_settings settings;
	struct fence *fence; /* owned */
	uv_timer_t told;
	bool told_open;
	struct fencer_run runs[MEMBERS_MAX];
};

enum code fencer_open(struct fencer *fencer, const struct fencer_settings *settings,
                      struct error *error);
/* Kills what runs. Accepts one that is not open. */
void fencer_close(struct fencer *fencer);

/* EFFECT_FENCE and EFFECT_FENCE_CANCEL. */
void fencer_start(struct fencer *fencer, const struct effect *effect);
void fencer_cancel(struct fencer *fencer, uint8_t member);
