/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state file: loaded once at start, written by a worker thread whenever the member's durable
 * state changed. At most one write is under way; what comes meanwhile replaces what waits. A write
 * that fails is tried again until it succeeds, and nothing that depends on it happens before. Knows
 * nothing of what the state means, except how little of an old generation may be trusted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/state/state_file.h"
#include "proto/error.h"
#include "proto/state.h"

enum store_origin {
	STORE_FOUND,    /* *durable is what was written last */
	STORE_SALVAGED, /* the newest generation is damaged or gone; *durable is made of the one
	                   before and says `relearning`: see store_load */
	STORE_LOST,     /* there was state, and nothing of it can be used; start as new */
	STORE_NONE,     /* there never was any */
};

/*
 * Reads DIR/state. `text` (may be empty) says what was wrong with it, for the log.
 *
 * When the newest generation is damaged, the one before must not be taken for it: this member may
 * have granted and promised since. It serves as a floor only: the incarnation and the reserved
 * epochs, raised by what one generation can add, keep this member from repeating itself; records
 * and the voter set are no worse than none at all; and `relearning` makes the member abstain and
 * learn from a majority, exactly as one that lost everything.
 *
 * Errors: CODE_INVALID when the state is of another cluster or member, CODE_UNSUPPORTED when a
 * newer failoverd wrote it, CODE_DENIED or CODE_SYSTEM when it cannot be read at all. None of these
 * is a reason to start as new: the daemon refuses to run. Changes nothing.
 */
enum code store_load(const char *directory, const struct state_owner *owner,
                     struct durable *durable, enum store_origin *origin, struct error *text,
                     struct error *error);

/* Renames DIR/state to DIR/state.damaged, for people to look at: the next write must not make it
 * the old generation in place of a good one. */
void store_set_aside(const char *directory);

/* Called from the loop. */
struct store_hooks {
	void *context; /* borrowed until store_close's `closed` */
	void (*written)(void *context, uint64_t generation);
	/* Told on the first failure of a row, and NULL when a write succeeds again. */
	void (*trouble)(void *context, const struct error *error);
};

struct store;

enum code store_open(struct store **store, uv_loop_t *loop, const char *directory,
                     const struct state_owner *owner, const struct store_hooks *hooks,
                     struct error *error);
/* Writes and syncs before it returns. For the start, when nothing runs yet. */
enum code store_write_now(struct store *store, const struct durable *durable, struct error *error);
/* Copies *durable and returns at once; answered by `written`, for this generation or a later one.
 */
void store_write(struct store *store, const struct durable *durable, uint64_t generation);
/* NULL: the last write succeeded. */
const char *store_trouble(const struct store *store);
/* A write that is under way is finished first; one that waits is dropped. Frees the store. */
void store_close(struct store *store, void (*closed)(void *context), void *context);
