/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group of resources in virtual time, and the story of its acts.
 */
#include "tests/daemon/play.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const struct span LIMIT = {500 * 1000000LL};

struct group_slot_options play_critical(void)
{
	return (struct group_slot_options){
	    .critical = true,
	    .start_timeout = span_ms(2000),
	    .stop_timeout = span_ms(1000),
	    .restarts = 3,
	    .window = span_ms(900000),
	};
}

struct group_slot_options play_optional(void)
{
	struct group_slot_options options = play_critical();
	options.critical = false;
	return options;
}

void play_begin(struct play *play, const struct group_slot_options *options, uint8_t count)
{
	memset(play, 0, sizeof *play);
	play->now = (struct instant){1000000000};
	group_init(&play->group, options, count);
}

static void tell(struct play *play, const char *word, int slot)
{
	size_t length = strlen(play->story);
	snprintf(play->story + length, sizeof play->story - length, "%s%s", length > 0 ? ", " : "",
	         word);
	length = strlen(play->story);
	if (slot >= 0)
		snprintf(play->story + length, sizeof play->story - length, " %d", slot);
}

static void drain(struct play *play)
{
	static const char *const words[] = {
	    [ACT_START] = "start",       [ACT_STOP] = "stop",  [ACT_KILL] = "kill",
	    [ACT_STUCK] = "stuck",       [ACT_STARTED] = "up", [ACT_FAILED] = "failed",
	    [ACT_RELEASED] = "released",
	};
	struct group_act act;
	while (group_next(&play->group, &act)) {
		bool of_role = act.kind == ACT_STARTED || act.kind == ACT_RELEASED;
		tell(play, words[act.kind], of_role ? -1 : act.slot);
		if (act.kind == ACT_KILL && act.limit.ns > 0)
			tell(play, "forced", -1);
		if (of_role)
			ck_assert_uint_eq(act.epoch, 5);
	}
}

void play_start(struct play *play)
{
	group_start(&play->group, 5, play->now);
	drain(play);
}

void play_adopt(struct play *play, const enum group_found *found)
{
	group_adopt(&play->group, 5, found, play->now);
	drain(play);
}

void play_report(struct play *play, uint8_t slot, enum group_report what)
{
	group_report(&play->group, slot, what, play->now);
	drain(play);
}

void play_release(struct play *play, bool forced)
{
	group_release(&play->group, 5, forced, LIMIT, play->now);
	drain(play);
}

void play_pass(struct play *play, int64_t ms)
{
	struct instant end = instant_plus(play->now, span_ms(ms));
	for (int i = 0; i < 1000; i++) {
		struct instant deadline = group_deadline(&play->group);
		if (!instant_reached(end, deadline))
			break;
		ck_assert(instant_reached(deadline, play->now)); /* never a deadline in the past */
		play->now = deadline;
		group_tick(&play->group, play->now);
		drain(play);
	}
	play->now = end;
	group_tick(&play->group, play->now);
	drain(play);
}

void play_expect(struct play *play, const char *story)
{
	ck_assert_str_eq(play->story, story);
	play->story[0] = '\0';
}
