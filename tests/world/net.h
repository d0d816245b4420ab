/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The links of a world and the pages on them: loss, delay, doubling, cuts in one direction, and a
 * recorder whose pages can be played back later. Knows nothing of what pages mean.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/heartbeat.h"
#include "proto/limits.h"
#include "proto/wire.h"

#include "tests/world/plan.h"

struct world;

enum { NET_RECORDED_MAX = 64, NET_NO_PAGE = INT32_MAX };

/* A page on its way to several hosts, encoded once and decoded once. */
struct page {
	uint32_t references;
	uint32_t next_free;
	uint8_t from;
	bool decoded;
	struct stamp stamp;
	size_t length;
	uint8_t body[WIRE_BODY_BYTES];
	struct heartbeat heartbeat;
};

struct net_link {
	bool cut;
	bool severed;           /* likewise, until net_mend */
	bool clogged;           /* of each heartbeat only the first page arrives */
	unsigned loss_permille; /* in addition to the network's */
	int64_t last_arrival;   /* nothing arrives before it, unless the network reorders */
};

struct net {
	struct page **pages; /* owned, each of them too */
	uint32_t page_count;
	uint32_t page_size;
	uint32_t first_free;
	struct net_link links[MEMBERS_MAX][MEMBERS_MAX][WORLD_PATHS_MAX]; /* [from][to][path] */
	struct plan_network plan;
	uint32_t recorded[NET_RECORDED_MAX]; /* pages; NET_NO_PAGE: none yet */
	uint64_t sent, lost, delivered;
};

void net_open(struct net *net);
void net_reset(struct net *net, const struct plan_network *plan);
void net_close(struct net *net);

/* Sends one page of `from` to every other host. */
void net_send(struct world *world, uint8_t from, const struct heartbeat *heartbeat);

/* The page as the receiver reads it; NULL after a violation: what was encoded does not decode. */
const struct heartbeat *net_read(struct world *world, uint32_t page);
void net_drop(struct net *net, uint32_t page); /* gives back one reference */
void net_keep(struct net *net, uint32_t page); /* takes one */

void net_cut(struct net *net, uint8_t from, uint8_t to, bool cut); /* all paths, one direction */
/* The second of two paths, one direction. */
void net_cut_second(struct net *net, uint8_t from, uint8_t to, bool cut);
void net_clog(struct net *net, uint8_t from, uint8_t to, bool clogged);
/* One that is down for good by the plan is no more. */
void net_mend(struct net *net, uint8_t from, uint8_t to);
void net_heal(struct net *net); /* all links */

/* Plays a recorded page back to a host, as an attacker or a confused switch would. */
void net_replay(struct world *world, uint8_t to);
/* Plays every recorded page of others back; returns how many, and how many carry commands. */
unsigned net_replay_all(struct world *world, uint8_t to, unsigned *with_commands);
