/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide, part three: child processes that can be held, watched and
 * killed with everything they started, also by a later life of the daemon. Knows nothing of
 * resources. Nothing here logs; nothing blocks except platform_child_end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/platform/platform.h"
#include "proto/error.h"

enum {
	CHILD_GROUP_BYTES = 256,
	CHILD_MARK_BYTES = 64,
	CHILD_INPUT_BYTES = 4096, /* what every pipe holds before anybody reads it */
};

/* Enough to find the processes of a child again, and never to mistake others for them. */
struct child_id {
	int64_t pid;
	uint64_t started;              /* tells it from a later process with the same pid */
	char group[CHILD_GROUP_BYTES]; /* the system's name for all it started; "": there is none,
	                                  and what leaves the child's session is not found */
};

struct child_options {
	const struct command *command;
	const char *const *environment; /* "NAME=value", NULL behind the last */
	const char *directory;          /* "": / */
	const struct user *user;        /* NULL: as the daemon */
	const char *name;               /* for people who look at the host's process groups */
	const char *output_path;        /* NULL: output is lost with this daemon */
	const char *input;              /* what it reads from standard input; NULL: nothing */
	size_t input_length;            /* at most CHILD_INPUT_BYTES */
};

struct child_end {
	bool known; /* false: somebody else took the status */
	bool by_signal;
	int number; /* exit status or signal */
};

/* All are called from the loop, never from inside a platform_child_ function. */
struct child_events {
	void *context; /* borrowed until platform_child_close */
	/* `problem` NULL: the program runs now. Else why it could not; then `ended` follows. */
	void (*began)(void *context, const char *problem);
	void (*output)(void *context, const char *bytes, size_t length);
	/* The child itself ended; what it started may still run. */
	void (*ended)(void *context, struct child_end end);
};

struct child;

/*
 * Makes a process in its own session and, where the system has them, its own group. It is held: the
 * program begins with platform_child_go, and never if this daemon dies before. Standard input
 * ends behind options->input; standard output and error go to events.output. No descriptor of the
 * daemon is inherited, and none of its rights but those of its user. The options are not needed
 * afterwards, and no copy of the input is kept.
 *
 * With options->output_path the output goes through a named pipe of that path, which replaces what
 * was there and which the child itself keeps open: when this daemon dies, writing goes on, into 64
 * KiB that wait for the next reader, and blocks the child beyond them until there is one. The
 * caller removes it once the child is gone. Its directory must be open to nobody else.
 *
 * To become another user takes the right to (on Linux CAP_SETUID and CAP_SETGID, not user 0), and
 * so does killing processes of one (CAP_KILL). A child of user 0 has what the host lets that user
 * have below this daemon: the bounding set.
 */
enum code platform_child_start(struct child **child, uv_loop_t *loop,
                               const struct child_options *options,
                               const struct child_events *events, struct error *error);

/* A child that an earlier life of the daemon started on this boot, as that recorded it. */
struct child_before {
	const struct child_id *id;
	const char *mark;        /* as for platform_child_end, shorter than CHILD_MARK_BYTES */
	const char *output_path; /* as it was started with; NULL: none */
};

/*
 * Watches it from now on as if it had been started here; it has begun already, so `began` is not
 * called, and output that waited in its pipe is told. Nothing is done to it. When it has ended
 * since, or its pid is somebody else's, `ended` says so from the loop, and what it left can be
 * killed; what may be somebody else's is not, and as long as it is there nothing is taken for gone.
 * Its end is `known` only if it is a child of this process.
 */
enum code platform_child_adopt(struct child **child, uv_loop_t *loop,
                               const struct child_before *before, const struct child_events *events,
                               struct error *error);
const struct child_id *platform_child_id(const struct child *child);
void platform_child_go(struct child *child);

/* Asks the child and what it started in its session to end, in the way that is called `signal`
 * there ("INT", see value_signal); "": as is usual. */
void platform_child_ask(struct child *child, const char *signal);
/* Whether that can be asked here. */
bool platform_child_knows(const char *signal);
/* True when the child and everything that can be found of it are gone. */
bool platform_child_is_gone(struct child *child);
/* Kills the child and everything that can be found of it; true when nothing is left. Killing takes
 * a moment, and what is killed may start more: call again until true. */
bool platform_child_kill(struct child *child);
/* No more events; the object is freed in the loop. The processes stay as they are. */
void platform_child_close(struct child *child); /* accepts NULL */

/*
 * Kills what an earlier life of the daemon started on this boot. `mark` is a word of the child's
 * environment that proves whose it is where the child itself is gone. Blocks for at most `limit`.
 * CODE_OK: nothing is left; *was_there: there had been something. CODE_TIMEOUT: something does not
 * die. CODE_DENIED: something is there that may be somebody else's; it is named and lives on.
 */
enum code platform_child_end(const struct child_id *id, const char *mark, struct span limit,
                             bool *was_there, struct error *error);
