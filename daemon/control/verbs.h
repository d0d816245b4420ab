/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be asked over the control socket: one table of verbs. Each line gets one answer;
 * `follow` gets one for each change. Knows nothing of sockets beyond replying to a client.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/control/verdict_text.h"
#include "daemon/control/control.h"
#include "proto/heartbeat.h"
#include "proto/limits.h"

struct daemon;

enum {
	/* More than the member takes at once: those beyond are told that its table is full. */
	VERBS_PENDING_MAX = 2 * REQUESTS_MAX,
};

/* A command on its way through the cluster. */
struct verbs_pending {
	uint64_t handle;               /* 0: this place is free */
	struct control_client *client; /* borrowed until `gone`; NULL: it is gone */
	struct answer_about about;
};

/* Where a role is, as somebody who watches it is told. */
struct verbs_where {
	uint8_t owner;     /* NO_MEMBER: nobody */
	uint8_t releasing; /* who gives it up and is not done; NO_MEMBER: nobody */
	enum role_phase phase;
	uint64_t epoch;
};

/* Somebody who watches one role. */
struct verbs_follower {
	struct control_client *client; /* borrowed until `gone`; NULL: this place is free */
	uint8_t role;
	struct verbs_where told; /* last */
};

struct verbs {
	uint64_t last_handle;
	struct verbs_pending pending[VERBS_PENDING_MAX];
	struct verbs_follower followers[CONTROL_CLIENTS_MAX];
};

/* To give to control_open; the context is the daemon. */
struct control_hooks verbs_hooks(struct daemon *daemon);

/* EFFECT_ANSWER. */
void verbs_answer(struct daemon *daemon, uint64_t handle, const struct answer *answer);
/* Tells followers what changed. */
void verbs_after_step(struct daemon *daemon);
