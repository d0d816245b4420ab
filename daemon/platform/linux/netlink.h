/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of struct network: one socket to ask the kernel, one for its news, one for frames.
 */
#pragma once

#include <libmnl/libmnl.h>
#include <stdint.h>

#include "daemon/platform/network.h"

enum { NETLINK_BUFFER_BYTES = 32768 };

struct network {
	struct mnl_socket *requests;
	struct mnl_socket *news; /* NULL: deaf */
	int control; /* any socket, for questions by ioctl */
	int frames;  /* sends announcements; -1: not opened yet, or not allowed */
	uint32_t sequence;
};

/* Sends `request` and reads its whole answer, `each` for each message of it (may be NULL). Waits at
 * most a second. 0, or an errno: ETIMEDOUT when the kernel did not answer, which leaves open
 * whether it acted. */
int netlink_ask(struct network *network, struct nlmsghdr *request, mnl_cb_t each, void *context);

/* For how many seconds the host still reaches the neighbours of an IPv6 address over the interface
 * without a gateway; 0: it does not, or for ever. */
uint32_t netlink_on_link_for(struct network *network, const struct network_address *address,
                             unsigned index);
