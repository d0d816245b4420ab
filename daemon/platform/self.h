/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide, part four: about this process itself. Nothing here logs,
 * nothing blocks.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/error.h"

/* Opens /dev/null, or what stands for it, on each standard descriptor that was closed when this
 * process began. To be called before anything else opens a file: that file would get the number
 * of the standard output, and what is printed would be written into it. CODE_SYSTEM: one is still
 * closed; the process must open nothing. */
enum code platform_open_standard(struct error *error);

/* Keeps the memory of this process, which holds the secret key, out of core dumps and away from
 * debuggers of other users. Fails silently: it is a second line of defence. */
void platform_no_core_dumps(void);

/* Processes that this one makes find zeros where these bytes are, and in the rest of their pages:
 * for secrets in memory of their own pages (sodium_malloc). Fails silently, as above. */
void platform_keep_from_children(void *bytes, size_t size);

/* Keeps the memory of this process from being paged out, if it may lock as much as it will ever
 * need: where a limit holds, a later allocation would fail. CODE_DENIED, with a phrase that says
 * what is lacking. */
enum code platform_hold_memory(struct error *error);

/* Where memory runs out, the kernel ends others before this process and those it makes; what
 * platform_child_start runs is as ordinary as any. Fails silently: a service manager has done it
 * already, or this process may not. */
void platform_hold_life(void);

enum hold_rank {
	HOLD_WORKER,
	HOLD_GUARD,
};

/*
 * Lets the calling thread run before every ordinary process, and behind most of what asks for more;
 * so do the threads it starts from now on. Processes that the guard starts are ordinary; for those
 * of the worker platform_child_start sees to that. After a second of computing without a pause the
 * process gets SIGXCPU. CODE_DENIED, with a phrase as above.
 */
enum code platform_hold_processor(enum hold_rank rank, struct error *error);
/* The calling thread is ordinary again. */
void platform_let_processor_go(void);

/* The user as which this process acts. */
uint32_t platform_own_user(void);

/* Takes the lock file `path` (made if missing) for as long as this process lives or *fd is open,
 * and writes the process id into it. CODE_EXISTS: another process has it; the text tells which. Not
 * inherited by children. */
enum code platform_lock(const char *path, int *fd, struct error *error);

/* Whether some process has the lock; changes nothing. CODE_EXISTS: yes. CODE_OK: no, or there is no
 * such file. CODE_DENIED, CODE_SYSTEM: it cannot be told. */
enum code platform_check_lock(const char *path, struct error *error);
/* The process that has the lock, as it wrote itself: another number than 0. */
int64_t platform_lock_holder(const char *path);
