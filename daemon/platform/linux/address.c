/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses on interfaces: add, remove, look. Every act is idempotent, so that one whose answer was
 * lost can simply be repeated.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "config/print.h"
#include "daemon/platform/linux/netlink.h"
#include "daemon/platform/linux/sockaddr.h"

enum { REQUEST_BYTES = 256, FOUND_MAX = 8 };

static const uint32_t FOREVER = UINT32_MAX;

/* Entries of the kernel's table with one address. */
struct search {
	const struct address *address;
	unsigned index; /* 0: on any interface */
	unsigned count;
	struct {
		unsigned index;
		uint8_t prefix;
		uint32_t flags;
	} found[FOUND_MAX];
};

static struct nlmsghdr *begin(void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return message;
}

static struct nlmsghdr *begin_address(void *buffer, uint16_t type, uint16_t flags,
                                      const struct network_address *address, unsigned index)
{
	struct nlmsghdr *message = begin(buffer, type, flags);
	struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(message, sizeof *body);
	body->ifa_family = address->address.family;
	body->ifa_prefixlen = address->prefix;
	body->ifa_index = index;
	body->ifa_scope = RT_SCOPE_UNIVERSE;
	size_t width = address_bytes(address->address.family);
	mnl_attr_put(message, IFA_LOCAL, width, address->address.bytes);
	mnl_attr_put(message, IFA_ADDRESS, width, address->address.bytes);
	return message;
}

static enum code failure(const struct network_address *address, const char *what, int reason,
                         struct error *error)
{
	char text[ADDRESS_TEXT_BYTES];
	address_format(&address->address, text);
	enum code code = CODE_SYSTEM;
	const char *advice = "";
	if (reason == EPERM) {
		code = CODE_DENIED;
		advice = " (the daemon needs CAP_NET_ADMIN)";
	} else if (reason == EACCES) {
		code = CODE_DENIED;
		advice = " (is IPv6 switched off there by disable_ipv6?)";
	} else if (reason == ETIMEDOUT) {
		code = CODE_TIMEOUT;
	} else if (reason == ENODEV || reason == ENXIO) {
		code = CODE_NOT_FOUND;
	}
	return error_set(error, code, "cannot %s %s/%u on interface %s: %s%s", what, text,
	                 address->prefix, address->interface, strerror(reason), advice);
}

/*
 * Without this, removing the first address of a subnet takes all others of that subnet with it,
 * other roles' addresses among them.
 */
static void keep_neighbours(const struct network_address *address)
{
	if (address->address.family != AF_INET || strchr(address->interface, '/') != NULL)
		return;
	char path[96];
	snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/promote_secondaries",
	         address->interface);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* read-only /proc/sys: the loss would be noticed and mended by event */
	ssize_t ignored = write(fd, "1", 1);
	(void)ignored;
	close(fd);
}

static int parse_attribute(const struct nlattr *attribute, void *context)
{
	const struct nlattr **table = context;
	if (mnl_attr_get_type(attribute) <= IFA_MAX)
		table[mnl_attr_get_type(attribute)] = attribute;
	return MNL_CB_OK;
}

static int collect(const struct nlmsghdr *message, void *context)
{
	struct search *search = context;
	const struct ifaddrmsg *body = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFA_MAX + 1] = {NULL};
	if (message->nlmsg_type != RTM_NEWADDR || body->ifa_family != search->address->family ||
	    (search->index != 0 && body->ifa_index != search->index))
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof *body, parse_attribute, table);
	const struct nlattr *local =
	    table[IFA_LOCAL] != NULL ? table[IFA_LOCAL] : table[IFA_ADDRESS];
	size_t width = address_bytes(body->ifa_family);
	if (local == NULL || mnl_attr_get_payload_len(local) != width ||
	    memcmp(mnl_attr_get_payload(local), search->address->bytes, width) != 0)
		return MNL_CB_OK;
	if (search->count < FOUND_MAX) {
		search->found[search->count].index = body->ifa_index;
		search->found[search->count].prefix = body->ifa_prefixlen;
		search->found[search->count].flags =
		    table[IFA_FLAGS] == NULL ? body->ifa_flags : mnl_attr_get_u32(table[IFA_FLAGS]);
		search->count++;
	}
	return MNL_CB_OK;
}

static int look_up(struct network *network, struct search *search)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	struct nlmsghdr *message = begin(buffer, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(message, sizeof *body);
	body->ifa_family = search->address->family;
	body->ifa_index = search->index;
	search->count = 0;
	int reason = netlink_ask(network, message, collect, search);
	return reason == ENODEV ? 0 : reason;
}

static enum code interface_missing(const struct network_address *address, struct error *error)
{
	return error_set(error, CODE_NOT_FOUND, "interface %s does not exist", address->interface);
}

/* An address that is usable for its host but not chosen as the source of the host's own
 * connections, which would break when the role moves, is called deprecated. The kernel looks at the
 * end of an address only when it is not preferred for ever. */
static void put_lifetimes(struct nlmsghdr *message, const struct network_address *address,
                          uint32_t seconds)
{
	bool is_single = address->address.family == AF_INET6 && address->prefix == 128;
	struct ifa_cacheinfo lifetimes = {.ifa_valid = seconds};
	if (seconds == NETWORK_FOR_EVER)
		lifetimes.ifa_valid = FOREVER;
	lifetimes.ifa_prefered = is_single ? 0 : lifetimes.ifa_valid;
	mnl_attr_put(message, IFA_CACHEINFO, sizeof lifetimes, &lifetimes);
}

/*
 * The lease says that nobody else has the address; waiting for the kernel to ask around as well
 * would only make the takeover a second longer.
 *
 * Addresses of one network share the kernel's route to it, and one that ends would take along one
 * that a router has announced to this host for longer: then the address does without. Another
 * address of ours ends about as soon, and shares.
 */
static uint32_t flags_of_new(struct network *network, const struct network_address *address,
                             unsigned index, uint32_t seconds)
{
	enum { ABOUT_AS_SOON = 10 };
	if (seconds != NETWORK_FOR_EVER && address->prefix < 128 &&
	    netlink_on_link_for(network, address, index) > 2 * seconds + ABOUT_AS_SOON)
		return IFA_F_NODAD | IFA_F_NOPREFIXROUTE;
	return IFA_F_NODAD;
}

enum code network_add(struct network *network, const struct network_address *address,
                      uint32_t seconds, struct error *error)
{
	unsigned index = 0;
	if (network_link(network, address->interface, &index) == LINK_ABSENT)
		return interface_missing(address, error);
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	struct nlmsghdr *message = begin_address(
	    buffer, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, address, index);
	if (address->address.family == AF_INET6)
		mnl_attr_put_u32(message, IFA_FLAGS,
		                 flags_of_new(network, address, index, seconds));
	put_lifetimes(message, address, seconds);
	keep_neighbours(address);
	int reason = netlink_ask(network, message, NULL, NULL);
	if (reason != 0 && reason != EEXIST)
		return failure(address, "add", reason, error);
	return CODE_OK;
}

/* What is asked for would add the address if it were not there; that it is, is looked up right
 * before. One that is there for ever stays so: to give it an end would give one to the host's own
 * route as well (Linux 6.18 does, and one in the past). */
enum code network_extend(struct network *network, const struct network_address *address,
                         uint32_t seconds, struct error *error)
{
	unsigned index = 0;
	if (network_link(network, address->interface, &index) == LINK_ABSENT)
		return interface_missing(address, error);
	struct search search = {.address = &address->address, .index = index};
	int reason = look_up(network, &search);
	if (reason == 0 && search.count == 0)
		return error_set(error, CODE_NOT_FOUND, "the address is not on interface %s",
		                 address->interface);
	for (unsigned i = 0; reason == 0 && i < search.count; i++) {
		char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
		struct network_address found = *address;
		uint32_t flags = search.found[i].flags;
		bool is_for_ever = (flags & IFA_F_PERMANENT) != 0;
		if (is_for_ever &&
		    (address->address.family == AF_INET6 || seconds == NETWORK_FOR_EVER))
			continue;
		found.prefix = search.found[i].prefix;
		struct nlmsghdr *message =
		    begin_address(buffer, RTM_NEWADDR, NLM_F_ACK | NLM_F_REPLACE, &found, index);
		mnl_attr_put_u32(message, IFA_FLAGS, flags & (IFA_F_NODAD | IFA_F_NOPREFIXROUTE));
		put_lifetimes(message, &found, seconds);
		reason = netlink_ask(network, message, NULL, NULL);
	}
	return reason == 0 ? CODE_OK : failure(address, "extend", reason, error);
}

enum code network_remove(struct network *network, const struct network_address *address,
                         struct error *error)
{
	unsigned index = 0;
	if (network_link(network, address->interface, &index) == LINK_ABSENT)
		return CODE_OK;
	struct search search = {.address = &address->address, .index = index};
	int reason = look_up(network, &search);
	for (unsigned i = 0; reason == 0 && i < search.count; i++) {
		char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
		struct network_address found = *address;
		found.prefix = search.found[i].prefix;
		reason = netlink_ask(network,
		                     begin_address(buffer, RTM_DELADDR, NLM_F_ACK, &found, index),
		                     NULL, NULL);
		if (reason == EADDRNOTAVAIL || reason == ENODEV)
			reason = 0;
	}
	return reason == 0 ? CODE_OK : failure(address, "remove", reason, error);
}

enum code network_present(struct network *network, const struct network_address *address,
                          bool *present, struct error *error)
{
	unsigned index = 0;
	struct search search = {.address = &address->address};
	if (network_link(network, address->interface, &index) != LINK_ABSENT) {
		search.index = index;
		int reason = look_up(network, &search);
		if (reason != 0)
			return failure(address, "look for", reason, error);
	}
	*present = search.count > 0;
	return CODE_OK;
}

enum code network_find(struct network *network, const struct address *address,
                       char interface[CONFIG_INTERFACE_BYTES], struct error *error)
{
	char name[IF_NAMESIZE], text[ADDRESS_TEXT_BYTES];
	address_format(address, text);
	struct search search = {.address = address};
	int reason = look_up(network, &search);
	if (reason != 0)
		return error_set(error, CODE_SYSTEM, "cannot look for %s: %s", text,
		                 strerror(reason));
	if (search.count == 0 || if_indextoname(search.found[0].index, name) == NULL)
		return error_set(error, CODE_NOT_FOUND, "%s is not on this host", text);
	snprintf(interface, CONFIG_INTERFACE_BYTES, "%s", name);
	return CODE_OK;
}

static enum link_state state_of(unsigned flags)
{
	return (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0 ? LINK_UP : LINK_DOWN;
}

enum link_state network_link(struct network *network, const char *interface, unsigned *index)
{
	struct ifreq request;
	memset(&request, 0, sizeof request);
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
	*index = 0;
	if (ioctl(network->control, SIOCGIFINDEX, &request) != 0)
		return LINK_ABSENT;
	unsigned found = (unsigned)request.ifr_ifindex;
	if (ioctl(network->control, SIOCGIFFLAGS, &request) != 0)
		return LINK_ABSENT;
	*index = found;
	return state_of((unsigned short)request.ifr_flags);
}
