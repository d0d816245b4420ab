/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The promises, checked at each event that could break one:
 *   - the resources of a role are up on at most one host, and only one lease of it is valid; where
 *     nothing runs that could bring them down, at least the address is answered by only one;
 *   - epochs of a role's owners grow and are never used twice;
 *   - nothing is started without a valid lease;
 *   - an acknowledged command holds: nothing starts after an acknowledged stop until a start was
 *     typed, nor on a node after an acknowledged pause until a resume was typed;
 *   - each command is answered once, in time;
 *   - what no kill ends may be up beside the next owner, as long as its host stops it and says so;
 *   - no daemon takes a role for up that the guard has ended;
 *   - a daemon that starts again with its memory goes on with what is up, at the same epoch;
 *   - a role that is fenced is not up on a host whose machine is paused while another starts it,
 *     unless a voter forgot in a reboot what it had promised;
 *   - a daemon that says it has left has nothing up;
 *   - no daemon asks to be woken over and over at one moment.
 * Knows nothing of how members come to their decisions.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/effect.h"
#include "proto/limits.h"
#include "proto/note.h"

#include "tests/world/agenda.h"
#include "tests/world/plan.h"

struct world;

enum { CHECK_REQUESTS_MAX = 64, CHECK_TEXT_BYTES = 400 };

/* What is sure to be decided, as far as commands have been answered. */
enum known { KNOWN_NOT, KNOWN_STARTED, KNOWN_STOPPED };

struct check_request {
	bool open;
	uint64_t handle; /* 0: the entry was never used */
	uint8_t host;
	uint8_t role;
	uint8_t target;
	enum request_kind kind;
	struct span limit;
	int64_t typed_at;
	int64_t due_at;
	/* When it can no longer take effect; INT64_MAX while it is open. */
	int64_t dead_at;
};

struct check {
	bool violated;
	char violation[CHECK_TEXT_BYTES];
	uint64_t last_epoch[WORLD_ROLES_MAX];
	uint8_t last_owner[WORLD_ROLES_MAX];
	uint64_t taken_epoch[WORLD_ROLES_MAX];
	uint8_t taken_by[WORLD_ROLES_MAX];
	bool forgotten[WORLD_ROLES_MAX]; /* a voter forgot that somebody must be off first */
	enum known known[WORLD_ROLES_MAX];
	bool known_paused[MEMBERS_MAX];
	bool lost[MEMBERS_MAX];     /* its disk was lost and it has not learned again */
	bool put_back[MEMBERS_MAX]; /* an old copy of it was, and it has not noticed */
	uint64_t next_handle;
	unsigned request_count; /* entries used, the oldest is overwritten */
	struct check_request requests[CHECK_REQUESTS_MAX];
	int64_t grace; /* a command nobody waits for any more may take effect this long */
	uint64_t starts;
	uint64_t acknowledged;
};

void check_reset(struct world *world);
void check_violation(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void check_start(struct world *world, uint8_t host, uint8_t role, uint64_t epoch);
void check_note(struct world *world, uint8_t host, const struct note *note);
void check_request(struct world *world, uint8_t host, const struct happening *item);
void check_answer(struct world *world, uint8_t host, uint64_t handle, const struct answer *answer);
void check_crash(struct world *world, uint8_t host);   /* its open commands die with it */
void check_forgets(struct world *world, uint8_t host); /* its memory is lost */
/* After a step of a daemon some of whose roles the guard has ended. */
void check_belief(struct world *world, uint8_t host);
void check_left(struct world *world, uint8_t host);
/* A member was made from what an earlier life had kept. */
void check_adoption(struct world *world, uint8_t host);
/* After every event. */
void check_turn(struct world *world);
void check_disk_lost(struct world *world, uint8_t host);
/* A snapshot was written; one that is not of a relearning member ends its loss. */
void check_written(struct world *world, uint8_t host);
/* Its machine goes on that was paused then, with its clock or not: what it asked waits as much
 * longer, and what it was asked is only read now. */
void check_goes_on(struct world *world, uint8_t host, int64_t paused_at, bool with_clock);
/* Commands that should have been answered by now. */
void check_overdue(struct world *world);

/* Voters that may lose their disk now, all together staying a minority. */
bool check_may_lose(const struct world *world, uint8_t host);
