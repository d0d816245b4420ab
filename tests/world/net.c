/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages in flight. A page is encoded once when it is sent and decoded once, at its first arrival:
 * both are functions of the bytes alone, so a second decoding would find nothing new.
 */
#include "tests/world/net.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/world/world.h"

void net_open(struct net *net)
{
	*net = (struct net){.first_free = NET_NO_PAGE};
	for (unsigned i = 0; i < NET_RECORDED_MAX; i++)
		net->recorded[i] = NET_NO_PAGE;
}

void net_reset(struct net *net, const struct plan_network *plan)
{
	net->first_free = NET_NO_PAGE;
	for (uint32_t i = net->page_count; i-- > 0;) {
		net->pages[i]->references = 0;
		net->pages[i]->next_free = net->first_free;
		net->first_free = i;
	}
	for (unsigned i = 0; i < NET_RECORDED_MAX; i++)
		net->recorded[i] = NET_NO_PAGE;
	memset(net->links, 0, sizeof net->links);
	net->plan = *plan;
	for (uint8_t i = 0; i < plan->severed_count; i++)
		for (unsigned path = 0; path < WORLD_PATHS_MAX; path++)
			net->links[plan->severed[i].from][plan->severed[i].to][path].severed = true;
	net->sent = net->lost = net->delivered = 0;
}

void net_close(struct net *net)
{
	for (uint32_t i = 0; i < net->page_count; i++)
		free(net->pages[i]);
	free(net->pages);
	net->pages = NULL;
	net->page_count = net->page_size = 0;
}

static uint32_t page_take(struct net *net)
{
	if (net->first_free == NET_NO_PAGE) {
		if (net->page_count == net->page_size) {
			net->page_size = net->page_size == 0 ? 64 : net->page_size * 2;
			net->pages = realloc(net->pages, net->page_size * sizeof(struct page *));
			assert(net->pages != NULL);
		}
		struct page *page = calloc(1, sizeof *page);
		assert(page != NULL);
		page->next_free = NET_NO_PAGE;
		net->first_free = net->page_count;
		net->pages[net->page_count++] = page;
	}
	uint32_t index = net->first_free;
	net->first_free = net->pages[index]->next_free;
	net->pages[index]->references = 1;
	return index;
}

void net_keep(struct net *net, uint32_t page)
{
	net->pages[page]->references++;
}

void net_drop(struct net *net, uint32_t page)
{
	struct page *dropped = net->pages[page];
	assert(dropped->references > 0);
	if (--dropped->references > 0)
		return;
	dropped->next_free = net->first_free;
	net->first_free = page;
}

static void page_fill(struct world *world, struct page *page, const struct heartbeat *heartbeat)
{
	struct error error;
	page->stamp = heartbeat->stamp;
	page->decoded = !world->plan.wire;
	if (page->decoded) {
		page->heartbeat = *heartbeat;
		return;
	}
	if (wire_encode(heartbeat, page->body, &page->length, &error) != CODE_OK) {
		check_violation(world, "host %u made a page that does not encode: %s", page->from,
		                error.text);
		page->length = 0;
	}
}

const struct heartbeat *net_read(struct world *world, uint32_t index)
{
	struct page *page = world->net.pages[index];
	if (page->decoded)
		return &page->heartbeat;
	struct error error;
	if (wire_decode(page->body, page->length, &page->heartbeat, &error) != CODE_OK) {
		check_violation(world, "a page of host %u does not decode: %s", page->from,
		                error.text);
		return NULL;
	}
	page->decoded = true;
	return &page->heartbeat;
}

static int64_t travel_time(struct world *world)
{
	const struct plan_network *plan = &world->net.plan;
	if (plan->late_permille > 0 && rng_chance(&world->rng, plan->late_permille))
		return rng_between(&world->rng, plan->delay, plan->late);
	return plan->delay + rng_tail(&world->rng, plan->delay_tail);
}

static void page_deliver(struct world *world, uint32_t page, uint8_t to, uint8_t path)
{
	struct net *net = &world->net;
	struct net_link *link = &net->links[net->pages[page]->from][to][path];
	int64_t at = world->now + travel_time(world);
	if (!net->plan.reorders && at < link->last_arrival)
		at = link->last_arrival;
	link->last_arrival = at;
	net_keep(net, page);
	world_plan(
	    world, at - world->now,
	    &(struct happening){.kind = HAPPEN_PAGE, .host = to, .path = path, .page = page});
}

static void page_send(struct world *world, uint32_t page, uint8_t to, bool is_first)
{
	struct net *net = &world->net;
	uint8_t from = net->pages[page]->from;
	for (uint8_t path = 0; path < world->plan.path_count; path++) {
		const struct net_link *link = &net->links[from][to][path];
		unsigned loss = net->plan.loss_permille + link->loss_permille;
		if (link->cut || link->severed || (link->clogged && !is_first) ||
		    (loss > 0 && rng_chance(&world->rng, loss))) {
			net->lost++;
			continue;
		}
		page_deliver(world, page, to, path);
		if (net->plan.twin_permille > 0 && rng_chance(&world->rng, net->plan.twin_permille))
			page_deliver(world, page, to, path);
	}
}

/* Old pages are kept at random, so that some of them grow very old; those with commands more often.
 */
static void page_record(struct world *world, uint32_t page, bool has_command)
{
	struct net *net = &world->net;
	uint64_t half = NET_RECORDED_MAX / 2;
	unsigned permille = net->plan.record_permille;
	if (permille == 0 || !rng_chance(&world->rng, has_command ? 3 * permille : permille))
		return;
	uint32_t *slot = &net->recorded[rng_below(&world->rng, half) + (has_command ? half : 0)];
	if (*slot != NET_NO_PAGE)
		net_drop(net, *slot);
	net_keep(net, page);
	*slot = page;
}

void net_send(struct world *world, uint8_t from, const struct heartbeat *heartbeat)
{
	struct net *net = &world->net;
	uint32_t page = page_take(net);
	net->pages[page]->from = from;
	page_fill(world, net->pages[page], heartbeat);
	net->sent++;
	for (uint8_t to = 0; to < world->plan.member_count; to++)
		if (to != from)
			page_send(world, page, to, heartbeat->has_requests);
	page_record(world, page, heartbeat->has_requests && heartbeat->request_count > 0);
	net_drop(net, page);
}

void net_cut(struct net *net, uint8_t from, uint8_t to, bool cut)
{
	for (unsigned path = 0; path < WORLD_PATHS_MAX; path++)
		net->links[from][to][path].cut = cut;
}

void net_cut_second(struct net *net, uint8_t from, uint8_t to, bool cut)
{
	net->links[from][to][1].cut = cut;
}

void net_clog(struct net *net, uint8_t from, uint8_t to, bool clogged)
{
	for (unsigned path = 0; path < WORLD_PATHS_MAX; path++)
		net->links[from][to][path].clogged = clogged;
}

void net_mend(struct net *net, uint8_t from, uint8_t to)
{
	for (unsigned path = 0; path < WORLD_PATHS_MAX; path++)
		net->links[from][to][path].severed = false;
}

void net_heal(struct net *net)
{
	for (unsigned from = 0; from < MEMBERS_MAX; from++)
		for (unsigned to = 0; to < MEMBERS_MAX; to++)
			for (unsigned path = 0; path < WORLD_PATHS_MAX; path++) {
				net->links[from][to][path].cut = false;
				net->links[from][to][path].clogged = false;
				net->links[from][to][path].loss_permille = 0;
			}
}

static bool replay_one(struct world *world, unsigned slot, uint8_t to)
{
	uint32_t page = world->net.recorded[slot];
	if (page == NET_NO_PAGE || world->net.pages[page]->from == to)
		return false;
	page_deliver(world, page, to, 0);
	return true;
}

void net_replay(struct world *world, uint8_t to)
{
	(void)replay_one(world, (unsigned)rng_below(&world->rng, NET_RECORDED_MAX), to);
}

unsigned net_replay_all(struct world *world, uint8_t to, unsigned *with_commands)
{
	unsigned half = NET_RECORDED_MAX / 2, count = 0;
	*with_commands = 0;
	for (unsigned slot = 0; slot < NET_RECORDED_MAX; slot++) {
		bool played = replay_one(world, slot, to);
		count += played;
		*with_commands += played && slot >= half;
	}
	return count;
}
