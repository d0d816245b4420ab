/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of struct network: one socket to ask the kernel, one for its news, one for frames.
 */
#pragma once

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdint.h>

#include "daemon/platform/network.h"

enum { NETLINK_BUFFER_BYTES = 32768 };

struct network {
	struct mnl_socket *requests;
	struct mnl_socket *news; /* NULL: deaf */
	int control;             /* any socket, for questions by ioctl */
	int frames;              /* sends announcements; -1: not opened yet, or not allowed */
	uint32_t sequence;
};

/* Sends `request` and reads its whole answer, `each` for each message of it (may be NULL). Waits at
 * most a second. 0, or an errno: ETIMEDOUT when the kernel did not answer, which leaves open
 * whether it acted. */
int netlink_ask(struct network *network, struct nlmsghdr *request, mnl_cb_t each, void *context);

/* What a message about an interface says; false: it is about something else. */
bool netlink_read_link(const struct nlmsghdr *message, struct network_link *link);

/* What network_interfaces collects. */
struct netlink_interfaces {
	unsigned *indexes; /* NETWORK_INTERFACES_MAX */
	size_t count;
};

/* From now on an IPv4 address that goes leaves the others of its network at the interface. A
 * failure is not told: nobody would leave an address up because of it. */
void netlink_keep_secondaries(struct network *network, unsigned index);

/* For how many seconds the host still reaches the neighbours of an IPv6 address over the interface
 * without a gateway; 0: it does not, or for ever. */
uint32_t netlink_on_link_for(struct network *network, const struct network_address *address,
                             unsigned index);

/* Whether an address is one of the host's own; see network_has_own. */
bool netlink_is_own(const struct ifaddrmsg *body, uint32_t flags);

/* Has the network of an IPv4 address be reached from it over the interface, behind all other ways,
 * or not any more. The route goes with the address, too. 0, or an errno. */
int netlink_set_route(struct network *network, const struct network_address *address,
                      unsigned index, bool is_wanted);
