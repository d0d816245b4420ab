/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this daemon notices of the world besides heartbeats: that it did not run for a while, and
 * that others are heard again. Both mean that neighbours may have learned wrong things about this
 * node's addresses meanwhile, and that nobody told them better: an owner tells them again, as soon
 * as it may act again. Counted for people. Decides nothing about votes or leases.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/effect.h"
#include "proto/limits.h"

struct log;
struct member;
struct runner;
struct setup;

/* Borrowed as long as reannounce is used. */
struct reannounce_settings {
	const struct setup *setup;
	const struct member *member;
	struct log *log;
};

enum sense { SENSE_NOTHING, SENSE_PAUSE, SENSE_RETURN };

struct reannounce {
	struct reannounce_settings settings;
	uint64_t pauses; /* turns of the loop that came late by half a heartbeat or more */
	struct span last_pause, longest_pause;
	struct instant paused_at;
	struct instant told_at; /* the last line about one */
	uint64_t untold;

	enum sense owed[ROLES_MAX]; /* why its neighbours are to be told again */
	struct instant announced_at[ROLES_MAX];
	uint64_t announced; /* roles whose neighbours were told again, ever */
};

void reannounce_init(struct reannounce *reannounce, const struct reannounce_settings *settings);

/* A turn of the loop came late by so much. Logged, but not each time. */
void reannounce_late(struct reannounce *reannounce, struct instant now, struct span late);
/* After each step of the member, with its effects, when they are done. */
void reannounce_follow(struct reannounce *reannounce, const struct effects *effects,
                       struct runner *runner);

/* Parts of reannounce_follow, for tests. */
void reannounce_hear(struct reannounce *reannounce, const struct effects *effects);
/* Why the neighbours of the role are to be told now; SENSE_NOTHING: they are not. `holds`: this
 * node claims to own it; `may_act`: a majority confirmed that since. */
enum sense reannounce_due(struct reannounce *reannounce, uint8_t role, bool holds, bool may_act,
                          struct instant now);
