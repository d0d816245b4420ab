/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every bound of the protocol, each with its reason. Nothing here is tunable at run time: a change
 * of a number here is a change of what the program promises, and of the manual pages.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

enum {
	/* Members of one cluster, nodes and witnesses together. Every member talks to every other,
	 * so traffic grows with the square; 16 keeps all echoes of a heartbeat in one datagram. */
	MEMBERS_MAX = 16,
	/* Roles one member votes for, its own and those it only hears of. */
	ROLES_MAX = 64,
	/* Addresses of one member; address i of one member and address i of another form path i. */
	PATHS_MAX = 4,
	/* A name of a cluster, member, role or resource with its terminating zero. */
	NAME_BYTES = 32,

	/* An Ethernet frame of 1,500 bytes carries this and IPv6, UDP and a tunnel header or two,
	 * so a heartbeat never depends on fragmentation. */
	DATAGRAM_BYTES = 1200,
	/* Roles reported in one page. Idle ones are so small that more would fit, but two pages for
	 * all of them are as good as one, and every decoded page is this large in memory. */
	PAGE_ROLES_MAX = 32,
	/* Pages of one heartbeat: ROLES_MAX largest entries must fit (asserted in wire.c). */
	PAGES_MAX = 33,
	/* Commands one member may have under way at once, and answers it may owe to the others at a
	 * time: as many as fit into the first page beside 15 echoes of 4 paths and a role. */
	REQUESTS_MAX = 4,
	ANSWERS_MAX = 4,
	/* Resources a page may speak of, and what it says of each with its terminating zero: they
	 * take what room is left, and the others have their turn on the next page. */
	RESOURCES_SAID_MAX = 6,
	RESOURCE_DETAIL_BYTES = 80,

	/* Send times kept to date a vote. At the fastest allowed heartbeat (5 ms) this covers 5 s
	 * of single-page heartbeats; a vote for something older is not counted, which is safe. */
	SENT_MAX = 1024,
	/* The fastest heartbeat that is kept up for somebody else, whatever it declares: the
	 * shortest a file may have. */
	PACE_LEAST_MS = 5,
	/* Sequence numbers over which loss of a path is counted. */
	LOSS_WINDOW = 64,
	/* Effects of one step that are no notes: every role may release and start, and every
	 * member be switched off. */
	ACTS_MAX = ROLES_MAX * 2 + MEMBERS_MAX * 2,
	/* With what is to be said of them. */
	EFFECTS_MAX = ACTS_MAX + ROLES_MAX * 4 + MEMBERS_MAX * 2 + 16,

	/* Epochs are reserved on disk in blocks of this many. A block lasts for as many takeovers.
	 */
	EPOCH_BLOCK = 1000,

	/* Clocks of two members may differ in rate by this much, in parts per thousand (1 %). */
	DRIFT_PER_MILLE = 10,
};

/* Numbers that only grow: far beyond what a cluster uses in its time, and far from where the next
 * block of epochs, or the next incarnation, would begin anew from 0. */
static const uint64_t EPOCH_MAX = UINT64_C(1) << 62;
static const uint32_t INCARNATION_MAX = UINT32_C(1) << 31;

static_assert(PAGE_ROLES_MAX * PAGES_MAX >= ROLES_MAX, "every role has a place on some page");
static_assert(ANSWERS_MAX >= REQUESTS_MAX, "one peer's requests can all be answered");
