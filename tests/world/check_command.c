/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands and what their answers promise. Two opposite commands that overlap in time may take
 * effect in either order; then nothing is known and nothing is demanded.
 */
#include <assert.h>
#include <inttypes.h>

#include "tests/world/check.h"
#include "tests/world/world.h"

/* An answer may come this much after its limit: a timer's lateness. */
enum { LATE_NS = 50000000 };

static enum request_kind opposite(enum request_kind kind)
{
	switch (kind) {
	case REQUEST_STOP:
		return REQUEST_START;
	case REQUEST_START:
		return REQUEST_STOP;
	case REQUEST_PAUSE:
		return REQUEST_RESUME;
	case REQUEST_RESUME:
		return REQUEST_PAUSE;
	case REQUEST_MOVE:
	case REQUEST_CLEAR:
		break;
	}
	return REQUEST_MOVE;
}

static bool same_object(const struct check_request *a, const struct check_request *b)
{
	bool of_node = a->kind == REQUEST_PAUSE || a->kind == REQUEST_RESUME;
	return of_node ? a->target == b->target : a->role == b->role;
}

/* Could an opposite command take effect after this one? */
static bool is_contested(const struct check *check, const struct check_request *request)
{
	for (unsigned i = 0; i < CHECK_REQUESTS_MAX; i++) {
		const struct check_request *other = &check->requests[i];
		if (other->handle != 0 && other->kind == opposite(request->kind) &&
		    same_object(request, other) && other->dead_at >= request->typed_at)
			return true;
	}
	return false;
}

void check_request(struct world *world, uint8_t h, const struct happening *item)
{
	struct check *check = &world->check;
	struct check_request *entry = &check->requests[check->request_count % CHECK_REQUESTS_MAX];
	check->request_count++;
	if (entry->open) { /* too many at once: what is forgotten may still take effect */
		entry->open = false;
		check_violation(world, "the check has no room for so many open commands");
	}
	int64_t limit = item->as.request.limit.ns;
	*entry = (struct check_request){
	    .open = true,
	    .handle = item->as.request.handle,
	    .host = h,
	    .role = item->role,
	    .target = item->as.request.target,
	    .kind = item->as.request.kind,
	    .limit = item->as.request.limit,
	    .typed_at = world->now,
	    .due_at = world->now + limit + limit / 50 + LATE_NS,
	    .dead_at = INT64_MAX,
	};
	bool of_node = entry->kind == REQUEST_PAUSE || entry->kind == REQUEST_RESUME;
	const char *to = entry->target == NO_MEMBER ? "" : story_host(world, entry->target);
	story_tell(world, h, "? %s %s%s%s", request_word(entry->kind),
	           of_node ? "" : story_role(world, entry->role),
	           of_node || entry->target == NO_MEMBER ? "" : " ", to);
	/* From here on the opposite may happen at any moment. */
	enum known *known = &check->known[entry->role];
	if ((entry->kind == REQUEST_START && *known == KNOWN_STOPPED) ||
	    (entry->kind == REQUEST_STOP && *known == KNOWN_STARTED))
		*known = KNOWN_NOT;
	if (entry->kind == REQUEST_RESUME)
		check->known_paused[entry->target] = false;
}

static void acknowledged(struct check *check, const struct check_request *entry)
{
	check->acknowledged++;
	if (is_contested(check, entry))
		return;
	switch (entry->kind) {
	case REQUEST_STOP:
		check->known[entry->role] = KNOWN_STOPPED;
		break;
	case REQUEST_START:
		check->known[entry->role] = KNOWN_STARTED;
		break;
	case REQUEST_PAUSE:
		/* The answer may be older than the loss of the disk it speaks of. */
		check->known_paused[entry->target] = !check->lost[entry->target];
		break;
	case REQUEST_RESUME:
	case REQUEST_MOVE:
	case REQUEST_CLEAR:
		break;
	}
}

static void tell_answer(struct world *world, const struct check_request *request,
                        const struct answer *answer)
{
	char text[STORY_TEXT_BYTES] = "";
	if (world->verdict_text != NULL)
		world->verdict_text(world, request, answer, text);
	const char *word = verdict_word(answer->verdict);
	story_tell(world, request->host, "! %s%s%.300s", word, text[0] == '\0' ? "" : ": ", text);
}

void check_answer(struct world *world, uint8_t h, uint64_t handle, const struct answer *answer)
{
	struct check *check = &world->check;
	for (unsigned i = 0; i < CHECK_REQUESTS_MAX; i++) {
		struct check_request *entry = &check->requests[i];
		if (!entry->open || entry->handle != handle || entry->host != h)
			continue;
		tell_answer(world, entry, answer);
		entry->open = false;
		entry->dead_at = world->now;
		/* A silence is no answer: it may have been heard. */
		if (answer->verdict == VERDICT_TIMEOUT)
			entry->dead_at += check->grace;
		if (answer->verdict == VERDICT_ACCEPTED || answer->verdict == VERDICT_ALREADY)
			acknowledged(check, entry);
		return;
	}
	check_violation(world, "%s answers command %" PRIu64 ", which is not open",
	                story_host(world, h), handle);
}

void check_crash(struct world *world, uint8_t h)
{
	struct check *check = &world->check;
	for (unsigned i = 0; i < CHECK_REQUESTS_MAX; i++) {
		struct check_request *entry = &check->requests[i];
		if (!entry->open || entry->host != h)
			continue;
		entry->open = false;
		entry->dead_at = world->now + check->grace;
	}
}

void check_goes_on(struct world *world, uint8_t h, int64_t paused_at, bool with_clock)
{
	struct check *check = &world->check;
	for (unsigned i = 0; i < CHECK_REQUESTS_MAX; i++) {
		struct check_request *request = &check->requests[i];
		if (request->open && request->host == h && with_clock)
			request->due_at += world->now - paused_at;
		if (!request->open && request->dead_at >= paused_at &&
		    request->dead_at < world->now + check->grace)
			request->dead_at = world->now + check->grace;
	}
}

void check_overdue(struct world *world)
{
	struct check *check = &world->check;
	for (unsigned i = 0; i < CHECK_REQUESTS_MAX; i++) {
		struct check_request *entry = &check->requests[i];
		if (!entry->open || world->now < entry->due_at ||
		    world->hosts[entry->host].state != HOST_RUNNING)
			continue;
		check_violation(world, "%s did not answer %s within its limit",
		                story_host(world, entry->host), request_word(entry->kind));
	}
}
