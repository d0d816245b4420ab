/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child as an object of the loop, for those who make one: childstart.c, from a program, and
 * childadopt.c, from what an earlier life of the daemon started. What is done with it afterwards is
 * child.c's.
 */
#pragma once

#include "daemon/platform/child.h"

/* In the order they are opened. */
enum watched { WATCHED_CHANNEL, WATCHED_OUTPUT, WATCHED_END };
enum { WATCHED = WATCHED_END + 1 };

struct child {
	struct child_id id;
	struct child_events events;
	char program[CONFIG_COMMAND_BYTES];
	uv_poll_t polls[WATCHED]; /* data NULL: not open */
	int fds[WATCHED];         /* -1: there is none */
	unsigned references;      /* the caller's, and one of each open poll */
	bool is_adopted;          /* as a rule not a child of this process */
	bool has_begun;
	bool is_collected;
	bool group_was_empty; /* its number may be somebody else's now */
	/* Not "": whether the number is its own can only be told by this word of its members'
	 * environment. */
	char mark[CHILD_MARK_BYTES];
	bool is_closing;
	struct child_end end;
};

/* With nothing open yet. NULL: out of memory. platform_child_close frees it. */
struct child *child_new(const struct child_events *events);
/* Has the loop watch the descriptor from now on. */
enum code child_watch(struct child *child, uv_loop_t *loop, enum watched what, struct error *error);
