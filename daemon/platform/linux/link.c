/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces as the kernel describes them: which one a name stands for, and what it is like. Knows
 * no addresses.
 */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "daemon/platform/linux/netlink.h"

enum { REQUEST_BYTES = 128, STATION_BYTES = 6 };

static int take_part(const struct nlattr *attribute, void *context)
{
	struct network_link *link = context;
	/* A part of a VRF receives for itself: a VRF is a table of routes, not a device that frames
	 * go through. */
	if (mnl_attr_get_type(attribute) == IFLA_INFO_SLAVE_KIND &&
	    mnl_attr_validate(attribute, MNL_TYPE_STRING) >= 0)
		link->is_part = strncmp(mnl_attr_get_str(attribute), "vrf",
		                        mnl_attr_get_payload_len(attribute)) != 0;
	return MNL_CB_OK;
}

static int take_attribute(const struct nlattr *attribute, void *context)
{
	struct network_link *link = context;
	size_t length = mnl_attr_get_payload_len(attribute);
	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IFNAME:
		if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
			snprintf(link->interface, sizeof link->interface, "%s",
			         mnl_attr_get_str(attribute));
		break;
	case IFLA_ADDRESS:
		if (length == STATION_BYTES)
			memcpy(link->station, mnl_attr_get_payload(attribute), STATION_BYTES);
		break;
	case IFLA_MTU:
		if (length == sizeof(uint32_t))
			link->mtu = mnl_attr_get_u32(attribute);
		break;
	case IFLA_MASTER:
		if (length == sizeof(uint32_t))
			link->master = mnl_attr_get_u32(attribute);
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attribute, take_part, context);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

bool netlink_read_link(const struct nlmsghdr *message, struct network_link *link)
{
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(message);
	memset(link, 0, sizeof *link);
	/* A bridge sends news of its ports under its own family; they are not about the interface.
	 */
	if (body->ifi_family != AF_UNSPEC)
		return false;
	mnl_attr_parse(message, sizeof *body, take_attribute, link);
	link->index = (unsigned)body->ifi_index;
	bool is_up = (body->ifi_flags & IFF_UP) != 0 && (body->ifi_flags & IFF_RUNNING) != 0;
	link->state = message->nlmsg_type == RTM_DELLINK ? LINK_ABSENT
	              : is_up                            ? LINK_UP
	                                                 : LINK_DOWN;
	return link->interface[0] != '\0';
}

static int take_link(const struct nlmsghdr *message, void *context)
{
	if (message->nlmsg_type == RTM_NEWLINK)
		(void)netlink_read_link(message, context);
	/* An answer to such a question is one message without an end. */
	return MNL_CB_STOP;
}

/* The kernel finds it by an alternative name as well. */
unsigned network_index(struct network *network, const char *interface)
{
	struct ifreq request;
	memset(&request, 0, sizeof request);
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
	if (ioctl(network->control, SIOCGIFINDEX, &request) != 0)
		return 0;
	return (unsigned)request.ifr_ifindex;
}

enum link_state network_link(struct network *network, const char *interface,
                             struct network_link *link)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	unsigned index = network_index(network, interface);
	memset(link, 0, sizeof *link);
	if (index == 0)
		return LINK_ABSENT;
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = RTM_GETLINK;
	message->nlmsg_flags = NLM_F_REQUEST;
	struct ifinfomsg *body = mnl_nlmsg_put_extra_header(message, sizeof *body);
	body->ifi_index = (int)index;
	if (netlink_ask(network, message, take_link, link) != 0)
		memset(link, 0, sizeof *link);
	return link->state;
}

static int collect(const struct nlmsghdr *message, void *context)
{
	struct network_link link;
	struct netlink_interfaces *list = context;
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(message);
	if (message->nlmsg_type == RTM_NEWLINK && body->ifi_type == ARPHRD_ETHER &&
	    netlink_read_link(message, &link) && !link.is_part &&
	    list->count < NETWORK_INTERFACES_MAX)
		list->indexes[list->count++] = link.index;
	return MNL_CB_OK;
}

enum code network_interfaces(struct network *network, unsigned *indexes, size_t *count,
                             struct error *error)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	struct netlink_interfaces list = {.indexes = indexes};
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = RTM_GETLINK;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	(void)mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	int reason = netlink_ask(network, message, collect, &list);
	if (reason != 0)
		return error_set(error, CODE_SYSTEM, "cannot list the interfaces: %s",
		                 strerror(reason));
	*count = list.count;
	return CODE_OK;
}

/* By a message and not by /proc/sys, which a sandbox may have made read-only. */
void netlink_keep_secondaries(struct network *network, unsigned index)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = RTM_SETLINK;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	struct ifinfomsg *body = mnl_nlmsg_put_extra_header(message, sizeof *body);
	body->ifi_index = (int)index;
	struct nlattr *families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *four = mnl_attr_nest_start(message, AF_INET);
	struct nlattr *settings = mnl_attr_nest_start(message, IFLA_INET_CONF);
	mnl_attr_put_u32(message, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1);
	mnl_attr_nest_end(message, settings);
	mnl_attr_nest_end(message, four);
	mnl_attr_nest_end(message, families);
	(void)netlink_ask(network, message, NULL, NULL);
}
