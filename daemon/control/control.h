/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: local connections that carry one JSON text in each line, both ways. Bounded
 * in clients, in the length of a line, in what may wait to be read by a slow client, and in how
 * long a client may say nothing. Knows no verbs; who a client is, it asks the system.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "proto/error.h"

enum {
	CONTROL_CLIENTS_MAX = 16,
	CONTROL_LINE_BYTES = 64 * 1024,
	/* Answers that a client has not read yet; more, and it is dropped. */
	CONTROL_WAITING_BYTES = 512 * 1024,
	CONTROL_IDLE_MS = 10000,
};

struct control;
struct control_client;

struct control_hooks {
	void *context; /* borrowed until control_close's `closed` */
	/* One line without its end. Answer with control_reply, now or later. */
	void (*line)(void *context, struct control_client *client, const char *line, size_t length);
	/* The client is not to be used any more after this. */
	void (*gone)(void *context, struct control_client *client);
};

/* Listens at `path`; what has that name is removed: the caller has the lock. `group` may connect
 * besides root; NO_GROUP: nobody. `log` is not needed: every failure is the client's. */
enum { CONTROL_NO_GROUP = -1 };
enum code control_open(struct control **control, uv_loop_t *loop, const char *path, int64_t group,
                       const struct control_hooks *hooks, struct error *error);

/* Copies `text` (one JSON text, no line end) and sends it. */
void control_reply(struct control_client *client, const char *text);
/* Answers {"ok":false,"error":...} and closes the connection when that is sent. */
void control_refuse(struct control_client *client, const char *sentence);
/* While kept, silence of the client is no reason to drop it: it waits for us. Counts. */
void control_keep(struct control_client *client, bool keep);
/* May change things: root, the daemon's own user, or a user of the group. */
bool control_is_admin(const struct control_client *client);

void control_close(struct control *control, void (*closed)(void *context), void *context);
