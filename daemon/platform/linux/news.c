/* SPDX-License-Identifier: Apache-2.0 */
/*
 * News about addresses and links, as the kernel sends them. Keeps no picture of its own: where news
 * were lost it says so, and who cares looks again.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/platform/linux/netlink.h"
#include "daemon/platform/linux/procfs.h"
#include "daemon/platform/linux/sockaddr.h"

/* Reads of one turn: a host that makes a thousand containers must not keep the loop from its lease.
 */
enum { READS_PER_TURN = 16 };

struct listener {
	void (*heard)(void *context, const struct network_change *change);
	void *context;
};

struct found {
	const struct nlattr *local, *flags;
};

static int take_local(const struct nlattr *attribute, void *context)
{
	struct found *found = context;
	uint16_t type = mnl_attr_get_type(attribute);
	/* On point-to-point links IFA_ADDRESS is the other end. */
	if (type == IFA_LOCAL || (type == IFA_ADDRESS && found->local == NULL))
		found->local = attribute;
	if (type == IFA_FLAGS && mnl_attr_get_payload_len(attribute) == sizeof(uint32_t))
		found->flags = attribute;
	return MNL_CB_OK;
}

static bool read_address(const struct nlmsghdr *message, struct network_change *change)
{
	const struct ifaddrmsg *body = mnl_nlmsg_get_payload(message);
	struct found found = {NULL, NULL};
	if (body->ifa_family != AF_INET && body->ifa_family != AF_INET6)
		return false;
	mnl_attr_parse(message, sizeof *body, take_local, &found);
	size_t width = address_bytes(body->ifa_family);
	if (found.local == NULL || mnl_attr_get_payload_len(found.local) != width)
		return false;
	change->news = message->nlmsg_type == RTM_NEWADDR ? NEWS_ADDRESS_HERE : NEWS_ADDRESS_GONE;
	change->index = body->ifa_index;
	change->address.family = body->ifa_family;
	memcpy(change->address.bytes, mnl_attr_get_payload(found.local), width);
	change->is_own = netlink_is_own(body, found.flags == NULL ? body->ifa_flags
	                                                          : mnl_attr_get_u32(found.flags));
	return true;
}

static int take_event(const struct nlattr *attribute, void *context)
{
	struct network_change *change = context;
	if (mnl_attr_get_type(attribute) == IFLA_EVENT &&
	    mnl_attr_get_payload_len(attribute) == sizeof(uint32_t)) {
		uint32_t event = mnl_attr_get_u32(attribute);
		change->is_failover =
		    event == IFLA_EVENT_NOTIFY_PEERS || event == IFLA_EVENT_BONDING_FAILOVER;
	}
	return MNL_CB_OK;
}

static bool read_link(const struct nlmsghdr *message, struct network_change *change)
{
	if (!netlink_read_link(message, &change->link))
		return false;
	mnl_attr_parse(message, sizeof(struct ifinfomsg), take_event, change);
	change->news = NEWS_LINK;
	change->index = change->link.index;
	return true;
}

static int hand_over(const struct nlmsghdr *message, void *context)
{
	const struct listener *listener = context;
	struct network_change change;
	memset(&change, 0, sizeof change);
	bool is_known = false;
	if (message->nlmsg_type == RTM_NEWADDR || message->nlmsg_type == RTM_DELADDR)
		is_known = read_address(message, &change);
	if (is_known && message->nlmsg_type == RTM_DELADDR)
		procfs_describe(message->nlmsg_pid, change.by, sizeof change.by);
	else if (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK)
		is_known = read_link(message, &change);
	if (is_known)
		listener->heard(listener->context, &change);
	return MNL_CB_OK;
}

int network_news_fd(const struct network *network)
{
	return mnl_socket_get_fd(network->news);
}

void network_news_read(struct network *network,
                       void (*heard)(void *context, const struct network_change *change),
                       void *context)
{
	struct listener listener = {.heard = heard, .context = context};
	char buffer[NETLINK_BUFFER_BYTES] __attribute__((aligned(8)));
	for (int i = 0; i < READS_PER_TURN; i++) {
		ssize_t length =
		    recv(mnl_socket_get_fd(network->news), buffer, sizeof buffer, MSG_DONTWAIT);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 && errno == ENOBUFS) {
			struct network_change missed = {.news = NEWS_MISSED};
			heard(context, &missed);
			continue;
		}
		if (length <= 0)
			return;
		mnl_cb_run(buffer, (size_t)length, 0, 0, hand_over, &listener);
	}
}
