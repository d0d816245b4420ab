/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of interfaces. Knows no addresses.
 */
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "daemon/platform/linux/netlink.h"

enum { REQUEST_BYTES = 128 };

struct list {
	char (*names)[CONFIG_INTERFACE_BYTES];
	size_t count;
};

struct interface {
	const char *name;
	const char *part_of; /* kind of interface that this one is a part of, NULL: none */
};

static int take_part(const struct nlattr *attribute, void *context)
{
	struct interface *interface = context;
	if (mnl_attr_get_type(attribute) == IFLA_INFO_SLAVE_KIND &&
	    mnl_attr_validate(attribute, MNL_TYPE_STRING) >= 0)
		interface->part_of = mnl_attr_get_str(attribute);
	return MNL_CB_OK;
}

static int take_attribute(const struct nlattr *attribute, void *context)
{
	struct interface *interface = context;
	if (mnl_attr_get_type(attribute) == IFLA_IFNAME &&
	    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		interface->name = mnl_attr_get_str(attribute);
	else if (mnl_attr_get_type(attribute) == IFLA_LINKINFO)
		mnl_attr_parse_nested(attribute, take_part, context);
	return MNL_CB_OK;
}

/* A part of a VRF receives for itself: a VRF is a table of routes, not a device that frames go
 * through. */
static bool hands_on(const struct interface *interface)
{
	return interface->part_of != NULL && strcmp(interface->part_of, "vrf") != 0;
}

static int collect(const struct nlmsghdr *message, void *context)
{
	struct list *list = context;
	struct interface interface = {NULL, NULL};
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(message);
	if (message->nlmsg_type != RTM_NEWLINK || body->ifi_type != ARPHRD_ETHER)
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof *body, take_attribute, &interface);
	if (interface.name != NULL && !hands_on(&interface) && list->count < NETWORK_INTERFACES_MAX)
		(void)snprintf(list->names[list->count++], CONFIG_INTERFACE_BYTES, "%s",
		               interface.name);
	return MNL_CB_OK;
}

enum code network_interfaces(struct network *network, char (*names)[CONFIG_INTERFACE_BYTES],
                             size_t *count, struct error *error)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	struct list list = {.names = names};
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
