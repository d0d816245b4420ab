/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be asked over the control socket: one table of verbs. Each line gets one answer;
 * `follow` gets one for each change. Knows nothing of sockets beyond replying to a client.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/control/control.h"
#include "daemon/control/verdict_text.h"
#include "proto/heartbeat.h"
#include "proto/limits.h"

struct config;
struct event;
struct member;
struct status_sources;

/* Called from the loop. */
struct verbs_hooks {
	void *context; /* borrowed as long as a client may ask */
	/* The event is stepped, and its effects are done, before it returns. */
	void (*step)(void *context, const struct event *event);
	/* What a status document is made of, as it is now. */
	struct status_sources (*sources)(void *context);
	/* Ends this process soon for the program in the file. False: no guard could start it. */
	bool (*replace)(void *context);
};

struct verbs_settings {
	const struct config *config; /* borrowed, as is the next */
	const struct member *member;
	struct verbs_hooks hooks;
};

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
	struct verbs_settings settings;
	uint64_t last_handle;
	struct verbs_pending pending[VERBS_PENDING_MAX];
	struct verbs_follower followers[CONTROL_CLIENTS_MAX];
};

/* Begins to answer; the result is to be given to control_open. */
struct control_hooks verbs_open(struct verbs *verbs, const struct verbs_settings *settings);

/* EFFECT_ANSWER. */
void verbs_answer(struct verbs *verbs, uint64_t handle, const struct answer *answer);
/* Tells followers what changed. */
void verbs_after_step(struct verbs *verbs);
