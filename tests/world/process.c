/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a running daemon makes of each thing that happens to it.
 */
#include "tests/world/process.h"

#include <assert.h>

#include "tests/world/world.h"

/* A copy of a page that came before, over another path or once more. */
static bool is_twin(const struct host_seen *seen, struct stamp stamp)
{
	if (seen->newest.incarnation != stamp.incarnation || seen->newest.seq < stamp.seq)
		return false;
	uint64_t behind = seen->newest.seq - stamp.seq;
	return behind < 64 && (seen->bits >> behind & 1) != 0;
}

static void see(struct host_seen *seen, struct stamp stamp)
{
	uint64_t ahead = stamp.seq - seen->newest.seq;
	bool follows = seen->newest.incarnation == stamp.incarnation && ahead < 64;
	seen->bits = (follows ? seen->bits << ahead : 0) | 1;
	seen->newest = stamp;
}

static void receive(struct world *world, uint8_t h, const struct happening *item)
{
	struct host *host = &world->hosts[h];
	const struct page *page = world->net.pages[item->page];
	/* All files list the members in the same order. */
	uint8_t sender = page->from;
	struct stamp stamp = page->stamp;
	struct host_seen *seen = &host->seen[sender];
	if (is_twin(seen, stamp)) {
		host_step(world, h,
		          &(struct event){
			      .kind = EVENT_TWIN,
			      .as.twin = {.stamp = stamp, .sender = sender, .path = item->path}});
		return;
	}
	if (!replay_window_is_news(&member_heard(host->member)[sender], stamp))
		return;
	const struct heartbeat *heartbeat = net_read(world, item->page);
	if (heartbeat == NULL)
		return;
	see(seen, stamp);
	world->net.delivered++;
	host_step(world, h,
	          &(struct event){
		      .kind = EVENT_HEARTBEAT,
		      .as.heartbeat = {.page = heartbeat, .sender = sender, .path = item->path}});
}

static void wake(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	host->wake_at = INT64_MAX;
	host_step(world, h, &(struct event){.kind = EVENT_DEADLINE});
}

static void breaks(struct world *world, uint8_t h, uint8_t role)
{
	const struct stub *stub = &world->hosts[h].stubs[role];
	if (stub->state != STUB_UP)
		return;
	story_tell(world, h, "(%s fails)", story_role(world, role));
	host_step(world, h,
	          &(struct event){.kind = EVENT_FAILED,
	                          .as.resources = {.role = role, .epoch = stub->epoch}});
}

static void fitness(struct world *world, uint8_t h, const struct happening *item)
{
	struct host *host = &world->hosts[h];
	if (item->role < host->setup.role_count)
		host_step(world, h,
		          &(struct event){.kind = EVENT_FITNESS,
		                          .as.fitness = {.role = item->role, .fit = item->as.fit}});
}

static void request(struct world *world, uint8_t h, const struct happening *item)
{
	if (item->role >= world->hosts[h].setup.role_count)
		return;
	check_request(world, h, item);
	host_step(world, h,
	          &(struct event){.kind = EVENT_REQUEST,
	                          .as.request = {.kind = item->as.request.kind,
	                                         .role = item->role,
	                                         .target = item->as.request.target,
	                                         .handle = item->as.request.handle,
	                                         .limit = item->as.request.limit}});
}

static void leave(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	host->leaving = true;
	story_tell(world, h, "(shutting down)");
	host_step(world, h, &(struct event){.kind = EVENT_LEAVE});
}

void process_handle(struct world *world, uint8_t h, const struct happening *item)
{
	assert(world->hosts[h].state == HOST_RUNNING);
	switch (item->kind) {
	case HAPPEN_PAGE:
		receive(world, h, item);
		net_drop(&world->net, item->page);
		break;
	case HAPPEN_WAKE:
		wake(world, h);
		break;
	case HAPPEN_WRITTEN:
		host_step(
		    world, h,
		    &(struct event){.kind = EVENT_PERSISTED, .as.generation = item->as.number});
		if (world->hosts[h].disk.again && host_is_up(&world->hosts[h]))
			disk_write(world, h);
		break;
	case HAPPEN_UP:
		stub_up(world, h, item);
		break;
	case HAPPEN_DOWN:
		host_step(world, h,
		          &(struct event){
			      .kind = EVENT_RELEASED,
			      .as.resources = {.role = item->role, .epoch = item->as.number}});
		break;
	case HAPPEN_BREAKS:
		breaks(world, h, item->role);
		break;
	case HAPPEN_FITNESS:
		fitness(world, h, item);
		break;
	case HAPPEN_REQUEST:
		request(world, h, item);
		break;
	case HAPPEN_LEAVE:
		leave(world, h);
		break;
	case HAPPEN_FENCED:
		agent_ended(world, h, item);
		break;
	case HAPPEN_GUARD:
	case HAPPEN_WATCHDOG:
	case HAPPEN_GUARD_BOOT:
	case HAPPEN_GUARD_THAW:
	case HAPPEN_RESUME:
	case HAPPEN_BOOT:
	case HAPPEN_THAW:
	case HAPPEN_FAULT:
	case HAPPEN_OFF:
		assert(item->kind == HAPPEN_PAGE); /* these are not for a daemon */
	}
}

/* The first pages of a heartbeat find room; of a burst the rest does not. */
static bool overflows(struct world *world, struct host *host)
{
	if (host->socket_max == 0)
		return false;
	if (world->now - host->socket_since >= host->setup.timing.heartbeat.ns) {
		host->socket_since = world->now;
		host->socket_taken = 0;
	}
	return host->socket_taken++ >= host->socket_max;
}

void host_tell(struct world *world, uint8_t h, const struct happening *item)
{
	struct host *host = &world->hosts[h];
	bool is_page = item->kind == HAPPEN_PAGE;
	if (is_page && overflows(world, host)) {
		net_drop(&world->net, item->page);
		world->net.lost++;
	} else if (host->state == HOST_RUNNING) {
		process_handle(world, h, item);
	} else if (host->state == HOST_FROZEN && (!is_page || host->inbox_count < HOST_INBOX_MAX) &&
	           host->inbox_count < HOST_INBOX_SIZE) {
		host->inbox[host->inbox_count++] = *item;
	} else if (is_page) {
		net_drop(&world->net, item->page);
	} else {
		assert(host->state != HOST_FROZEN);
	}
}
