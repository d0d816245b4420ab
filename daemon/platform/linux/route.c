/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes around an address: for how long the host is on a link by itself, and the way from an
 * address to its network where there is no other.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "daemon/platform/linux/netlink.h"

enum { REQUEST_BYTES = 256, TICKS_OF_A_SECOND = 100 /* USER_HZ */ };

struct route {
	unsigned index;
	bool has_gateway;
	uint32_t seconds;
};

static const uint32_t BEHIND_ALL_OTHERS = UINT32_MAX;

static int take_attribute(const struct nlattr *attribute, void *context)
{
	struct route *route = context;
	const struct rta_cacheinfo *facts = mnl_attr_get_payload(attribute);
	uint16_t type = mnl_attr_get_type(attribute);
	if (type == RTA_OIF)
		route->index = mnl_attr_get_u32(attribute);
	else if (type == RTA_GATEWAY || type == RTA_VIA)
		route->has_gateway = true;
	else if (type == RTA_CACHEINFO && mnl_attr_get_payload_len(attribute) >= sizeof *facts)
		route->seconds =
		    facts->rta_expires <= 0 ? 0 : (uint32_t)facts->rta_expires / TICKS_OF_A_SECOND;
	return MNL_CB_OK;
}

static int take_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *body = mnl_nlmsg_get_payload(message);
	if (message->nlmsg_type == RTM_NEWROUTE && body->rtm_type == RTN_UNICAST)
		mnl_attr_parse(message, sizeof *body, take_attribute, context);
	/* An answer to such a question is one message without an end. */
	return MNL_CB_STOP;
}

/* The neighbour to ask for differs from the address in every bit behind the prefix. */
uint32_t netlink_on_link_for(struct network *network, const struct network_address *address,
                             unsigned index)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	uint8_t neighbour[ADDRESS_BYTES];
	struct route route = {.index = 0};
	memcpy(neighbour, address->address.bytes, sizeof neighbour);
	for (unsigned bit = address->prefix; bit < ADDRESS_BYTES * 8; bit++)
		neighbour[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST;
	struct rtmsg *body = mnl_nlmsg_put_extra_header(message, sizeof *body);
	body->rtm_family = AF_INET6;
	body->rtm_dst_len = ADDRESS_BYTES * 8;
	body->rtm_flags = RTM_F_FIB_MATCH; /* the route itself: only that knows its end */
	mnl_attr_put(message, RTA_DST, sizeof neighbour, neighbour);
	mnl_attr_put_u32(message, RTA_OIF, index);
	if (netlink_ask(network, message, take_route, &route) != 0 || route.index != index ||
	    route.has_gateway)
		return 0;
	return route.seconds;
}

/* A route that names the address as its source is removed by the kernel together with it. */
int netlink_set_route(struct network *network, const struct network_address *address,
                      unsigned index, bool is_wanted)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	uint8_t around[4];
	if (address->prefix >= 32)
		return 0;
	memcpy(around, address->address.bytes, sizeof around);
	for (unsigned bit = address->prefix; bit < 32; bit++)
		around[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = is_wanted ? RTM_NEWROUTE : RTM_DELROUTE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	/* Several addresses of one network have one such route each. */
	if (is_wanted)
		message->nlmsg_flags |= NLM_F_CREATE | NLM_F_APPEND;
	struct rtmsg *body = mnl_nlmsg_put_extra_header(message, sizeof *body);
	body->rtm_family = AF_INET;
	body->rtm_dst_len = address->prefix;
	body->rtm_table = RT_TABLE_MAIN;
	body->rtm_protocol = RTPROT_STATIC;
	body->rtm_scope = RT_SCOPE_LINK;
	body->rtm_type = RTN_UNICAST;
	mnl_attr_put(message, RTA_DST, sizeof around, around);
	mnl_attr_put(message, RTA_PREFSRC, sizeof around, address->address.bytes);
	mnl_attr_put_u32(message, RTA_OIF, index);
	mnl_attr_put_u32(message, RTA_PRIORITY, BEHIND_ALL_OTHERS);
	int reason = netlink_ask(network, message, NULL, NULL);
	/* Without a link there are no routes; it is added with the link. */
	return reason == (is_wanted ? EEXIST : ESRCH) || reason == ENETDOWN ? 0 : reason;
}
