/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group of resources in virtual time, and the story of its acts. Knows no loop and no resource.
 */
#pragma once

#include "daemon/resource/group.h"

struct play {
	struct group group;
	struct instant now;
	char story[1024]; /* acts so far: "start 0, stop 1, up, failed 0, released" */
};

/* Usual options of a resource that is critical, and of one that is not. */
struct group_slot_options play_critical(void);
struct group_slot_options play_optional(void);

void play_begin(struct play *play, const struct group_slot_options *options, uint8_t count);
void play_start(struct play *play);
/* Takes over instead. */
void play_adopt(struct play *play, const enum group_found *found);
void play_report(struct play *play, uint8_t slot, enum group_report what);
void play_release(struct play *play, bool forced);
/* Lets `ms` pass, waking at each deadline as the runner does. */
void play_pass(struct play *play, int64_t ms);
/* The story since the last look. */
void play_expect(struct play *play, const char *story);
