/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading, and the queue of one write under way and one waiting. Each write is complete: it is
 * encoded in the loop, so that the worker thread touches nothing but bytes and a path.
 */
#include "daemon/state/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/file.h"

/* A full or failing disk is not asked more often than this. */
enum { RETRY_MS = 1000 };

struct store {
	char path[FILE_PATH_BYTES];
	struct state_owner owner;
	struct store_hooks hooks; /* context borrowed */
	uv_loop_t *loop;          /* borrowed */
	uv_timer_t retry;
	uv_work_t work;

	bool busy; /* `work` is with the worker thread, which alone reads the next four */
	uint8_t bytes[STATE_FILE_BYTES];
	size_t length;
	uint64_t generation;
	struct error failed; /* of that write; code CODE_OK: it succeeded */

	bool waiting; /* `next` is to be written */
	struct durable next;
	uint64_t next_generation;
	struct error trouble; /* last failure; code CODE_OK: none since */

	void (*closed)(void *context);
	void *closed_context; /* borrowed */
};

/* One generation. CODE_NOT_FOUND when there is none. */
static enum code read_generation(const char *path, const struct state_owner *owner,
                                 struct durable *durable, struct error *error)
{
	uint8_t bytes[STATE_FILE_BYTES];
	size_t length = 0;
	struct state_owner found;
	enum code code = file_read(path, bytes, sizeof bytes, &length, error);

	if (code == CODE_TOO_LARGE)
		return error_set(error, CODE_DAMAGED, "%s: damaged: it is too long", path);
	if (code != CODE_OK)
		return code;
	code = state_file_decode(bytes, length, &found, durable, error);
	if (code != CODE_OK)
		return error_wrap(error, "%s", path);
	if (found.cluster != owner->cluster || found.member != owner->member)
		return error_set(error, CODE_INVALID,
		                 "%s: this is the state of another %s (a copied disk, or a name "
		                 "that was changed); if this host is to be a new member, move its "
		                 "directory away",
		                 path, found.cluster != owner->cluster ? "cluster" : "member");
	return CODE_OK;
}

/* True when a failure means lost state, not a reason to refuse. */
static bool is_loss(enum code code)
{
	return code == CODE_DAMAGED || code == CODE_NOT_FOUND;
}

static void make_floor(struct durable *durable)
{
	durable->relearning = true;
	/* What the lost generation may have had beyond this one. */
	durable->incarnation++;
	durable->reserved_epoch += EPOCH_BLOCK;
}

enum code store_load(const char *directory, const struct state_owner *owner,
                     struct durable *durable, enum store_origin *origin, struct error *text,
                     struct error *error)
{
	char path[FILE_PATH_BYTES], old[FILE_PATH_BYTES];
	enum code newest, before;
	enum code code = file_path(path, directory, "state", error);

	*text = (struct error){0};
	if (code == CODE_OK)
		code = file_path(old, directory, "state.old", error);
	if (code != CODE_OK)
		return code;
	newest = read_generation(path, owner, durable, error);
	if (newest == CODE_OK) {
		*origin = STORE_FOUND;
		return CODE_OK;
	}
	if (!is_loss(newest))
		return newest;
	*text = *error;
	before = read_generation(old, owner, durable, error);
	if (before != CODE_OK && !is_loss(before))
		return before;
	if (newest == CODE_NOT_FOUND && before == CODE_NOT_FOUND) {
		*text = (struct error){0};
		*origin = STORE_NONE;
		return CODE_OK;
	}
	*origin = before == CODE_OK ? STORE_SALVAGED : STORE_LOST;
	if (before == CODE_OK)
		make_floor(durable);
	return CODE_OK;
}

void store_set_aside(const char *directory)
{
	char path[FILE_PATH_BYTES];

	if (file_path(path, directory, "state", NULL) == CODE_OK)
		(void)file_set_aside(path, ".damaged", NULL);
}

enum code store_open(struct store **store, uv_loop_t *loop, const char *directory,
                     const struct state_owner *owner, const struct store_hooks *hooks,
                     struct error *error)
{
	struct store *made = calloc(1, sizeof *made);
	enum code code;

	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "state file: out of memory");
	code = file_path(made->path, directory, "state", error);
	if (code != CODE_OK) {
		free(made);
		return code;
	}
	made->owner = *owner;
	made->hooks = *hooks;
	made->loop = loop;
	made->work.data = made;
	(void)uv_timer_init(loop, &made->retry);
	made->retry.data = made;
	*store = made;
	return CODE_OK;
}

enum code store_write_now(struct store *store, const struct durable *durable, struct error *error)
{
	assert(!store->busy);
	store->length = state_file_encode(&store->owner, durable, store->bytes);
	return file_replace(store->path, store->bytes, store->length, error);
}

static void write_in_thread(uv_work_t *work)
{
	struct store *store = work->data;

	store->failed.code = CODE_OK;
	(void)file_replace(store->path, store->bytes, store->length, &store->failed);
}

static void free_store(uv_handle_t *handle)
{
	struct store *store = handle->data;

	store->closed(store->closed_context);
	free(store);
}

static void begin_write(struct store *store);

static void retry_due(uv_timer_t *timer)
{
	struct store *store = timer->data;

	begin_write(store);
}

/* The same again after a while, or what waits by then. */
static void write_failed(struct store *store)
{
	const bool first = store->trouble.code == CODE_OK;

	store->trouble = store->failed;
	(void)uv_timer_start(&store->retry, retry_due, RETRY_MS, 0);
	if (first)
		store->hooks.trouble(store->hooks.context, &store->trouble);
}

static void write_done(uv_work_t *work, int status)
{
	struct store *store = work->data;
	const uint64_t written = store->generation;

	(void)status; /* it is never cancelled */
	store->busy = false;
	if (store->closed != NULL) {
		uv_close((uv_handle_t *)&store->retry, free_store);
		return;
	}
	if (store->failed.code != CODE_OK) {
		write_failed(store);
		return;
	}
	if (store->trouble.code != CODE_OK) {
		store->trouble.code = CODE_OK;
		store->hooks.trouble(store->hooks.context, NULL);
	}
	if (store->waiting)
		begin_write(store);
	store->hooks.written(store->hooks.context, written);
}

static void begin_write(struct store *store)
{
	if (store->waiting) {
		store->length = state_file_encode(&store->owner, &store->next, store->bytes);
		store->generation = store->next_generation;
		store->waiting = false;
	}
	store->busy = true;
	/* Fails only without a callback. */
	(void)uv_queue_work(store->loop, &store->work, write_in_thread, write_done);
}

void store_write(struct store *store, const struct durable *durable, uint64_t generation)
{
	store->next = *durable;
	store->next_generation = generation;
	store->waiting = true;
	if (!store->busy && !uv_is_active((const uv_handle_t *)&store->retry))
		begin_write(store);
}

const char *store_trouble(const struct store *store)
{
	return store->trouble.code == CODE_OK ? NULL : store->trouble.text;
}

void store_close(struct store *store, void (*closed)(void *context), void *context)
{
	store->closed = closed;
	store->closed_context = context;
	if (!store->busy)
		uv_close((uv_handle_t *)&store->retry, free_store);
}
