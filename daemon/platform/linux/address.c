/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses on interfaces: add, remove, look. Every act is idempotent, so that one whose answer was
 * lost can simply be repeated.
 *
 * How an address of a role differs from the host's own. IPv4: it is a network of its own (/32) of
 * scope "host". So it is never the first of the host's network, whose connections would start from
 * it and which would take the host's own address with it when it goes; and no route without a
 * source chooses it, wherever it stands in the list. Where the host has no address in that network,
 * a route behind all others leads there. IPv6: it is deprecated, which means the same.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "config/print.h"
#include "daemon/platform/linux/netlink.h"
#include "daemon/platform/linux/sockaddr.h"

enum { REQUEST_BYTES = 256, FOUND_MAX = 8, SINGLE_BITS = 32 /* of IPv4 */ };

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
	body->ifa_scope = address->address.family == AF_INET ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
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

static unsigned index_of(struct network *network, const struct network_address *address)
{
	return address->index != 0 ? address->index : network_index(network, address->interface);
}

/* The form in which the kernel has it. */
static struct network_address form_of(const struct network_address *address)
{
	struct network_address form = *address;
	if (form.address.family == AF_INET)
		form.prefix = SINGLE_BITS;
	return form;
}

/* The kernel looks at the end of an address only when it is not preferred for ever. */
static void put_lifetimes(struct nlmsghdr *message, const struct network_address *address,
                          uint32_t seconds)
{
	struct ifa_cacheinfo lifetimes = {.ifa_valid = seconds};
	if (seconds == NETWORK_FOR_EVER)
		lifetimes.ifa_valid = FOREVER;
	lifetimes.ifa_prefered = address->address.family == AF_INET6 ? 0 : lifetimes.ifa_valid;
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

/* --- the host's own */

struct own {
	unsigned index;
	const struct network_address *role; /* NULL: any will do */
	bool has; /* one, whose network has the role's address in it and all around it */
};

bool netlink_is_own(const struct ifaddrmsg *body, uint32_t flags)
{
	/* The scope of an IPv6 address tells those of its link, that of an IPv4 address is what its
	 * owner has made of it. */
	return body->ifa_scope < RT_SCOPE_LINK && (flags & IFA_F_DEPRECATED) == 0;
}

static bool is_around(const struct nlattr *local, uint8_t prefix,
                      const struct network_address *role)
{
	size_t width = address_bytes(role->address.family);
	if (local == NULL || mnl_attr_get_payload_len(local) != width || prefix > role->prefix)
		return false;
	const uint8_t *bytes = mnl_attr_get_payload(local);
	for (unsigned bit = 0; bit < prefix; bit++)
		if (((bytes[bit / 8] ^ role->address.bytes[bit / 8]) & 0x80 >> bit % 8) != 0)
			return false;
	return true;
}

static int look_for_own(const struct nlmsghdr *message, void *context)
{
	struct own *own = context;
	const struct ifaddrmsg *body = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFA_MAX + 1] = {NULL};
	if (message->nlmsg_type != RTM_NEWADDR || body->ifa_index != own->index)
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof *body, parse_attribute, table);
	uint32_t flags =
	    table[IFA_FLAGS] == NULL ? body->ifa_flags : mnl_attr_get_u32(table[IFA_FLAGS]);
	if (netlink_is_own(body, flags) &&
	    (own->role == NULL || is_around(table[IFA_LOCAL], body->ifa_prefixlen, own->role)))
		own->has = true;
	return MNL_CB_OK;
}

static int find_own(struct network *network, uint8_t family, struct own *own)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	struct nlmsghdr *message = begin(buffer, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(message, sizeof *body);
	body->ifa_family = family;
	body->ifa_index = own->index;
	int reason = netlink_ask(network, message, look_for_own, own);
	return reason == ENODEV ? 0 : reason;
}

enum code network_has_own(struct network *network, unsigned index, uint8_t family, bool *has,
                          struct error *error)
{
	struct own own = {.index = index};
	int reason = find_own(network, family, &own);
	*has = own.has;
	if (reason == 0)
		return CODE_OK;
	return error_set(error, CODE_SYSTEM, "cannot look for the host's own addresses: %s",
	                 strerror(reason));
}

/* A way to the network of an IPv4 address, where the host has none by an address of its own. One
 * that is not needed must not be there: it may be for a smaller network than the host's, and then
 * the host would prefer it, and talk from the address of the role. */
static int set_route(struct network *network, const struct network_address *address, unsigned index)
{
	struct own own = {.index = index, .role = address};
	int reason = find_own(network, AF_INET, &own);
	return reason != 0 ? reason : netlink_set_route(network, address, index, !own.has);
}

enum code network_add(struct network *network, const struct network_address *address,
                      uint32_t seconds, struct error *error)
{
	unsigned index = index_of(network, address);
	if (index == 0)
		return interface_missing(address, error);
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	const struct network_address form = form_of(address);
	struct nlmsghdr *message = begin_address(
	    buffer, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, &form, index);
	if (form.address.family == AF_INET6)
		mnl_attr_put_u32(message, IFA_FLAGS, flags_of_new(network, &form, index, seconds));
	put_lifetimes(message, &form, seconds);
	int reason = netlink_ask(network, message, NULL, NULL);
	if (reason == ENODEV)
		return interface_missing(address, error);
	if (reason != 0 && reason != EEXIST)
		return failure(address, "add", reason, error);
	reason = form.address.family == AF_INET ? set_route(network, address, index) : 0;
	return reason == 0 ? CODE_OK : failure(address, "make a route for", reason, error);
}

/* One that is there for ever stays so: to give it an end would give one to the host's own
 * route as well (Linux 6.18 does, and one in the past). */
static int extend_one(struct network *network, const struct network_address *address,
                      const struct search *search, unsigned i, uint32_t seconds)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	struct network_address found = *address;
	uint32_t flags = search->found[i].flags;
	bool is_for_ever = (flags & IFA_F_PERMANENT) != 0;
	if (is_for_ever && (address->address.family == AF_INET6 || seconds == NETWORK_FOR_EVER))
		return 0;
	found.prefix = search->found[i].prefix;
	struct nlmsghdr *message = begin_address(buffer, RTM_NEWADDR, NLM_F_ACK | NLM_F_REPLACE,
	                                         &found, search->found[i].index);
	mnl_attr_put_u32(message, IFA_FLAGS, flags & (IFA_F_NODAD | IFA_F_NOPREFIXROUTE));
	put_lifetimes(message, &found, seconds);
	return netlink_ask(network, message, NULL, NULL);
}

/* What is asked for would add the address if it were not there; that it is, is looked up right
 * before. */
enum code network_extend(struct network *network, const struct network_address *address,
                         uint32_t seconds, struct error *error)
{
	struct search search = {.address = &address->address};
	int reason = look_up(network, &search);
	if (reason == 0 && search.count == 0)
		return error_set(error, CODE_NOT_FOUND, "the address is not on this host");
	for (unsigned i = 0; reason == 0 && i < search.count; i++)
		reason = extend_one(network, address, &search, i, seconds);
	return reason == 0 ? CODE_OK : failure(address, "extend", reason, error);
}

/* The first of its network would take all others of it along, the host's own among them. None that
 * this file added is, but somebody else may have put it there. */
static int remove_one(struct network *network, const struct network_address *address,
                      const struct search *search, unsigned i)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(8)));
	struct network_address found = *address;
	unsigned index = search->found[i].index;
	found.prefix = search->found[i].prefix;
	if (found.address.family == AF_INET && found.prefix < SINGLE_BITS &&
	    (search->found[i].flags & IFA_F_SECONDARY) == 0)
		netlink_keep_secondaries(network, index);
	int reason = netlink_ask(
	    network, begin_address(buffer, RTM_DELADDR, NLM_F_ACK, &found, index), NULL, NULL);
	return reason == EADDRNOTAVAIL || reason == ENODEV ? 0 : reason;
}

enum code network_remove(struct network *network, const struct network_address *address,
                         struct error *error)
{
	struct search search = {.address = &address->address};
	int reason;
	do {
		reason = look_up(network, &search);
		for (unsigned i = 0; reason == 0 && i < search.count; i++)
			reason = remove_one(network, address, &search, i);
	} while (reason == 0 && search.count == FOUND_MAX);
	return reason == 0 ? CODE_OK : failure(address, "remove", reason, error);
}

enum code network_present(struct network *network, const struct network_address *address,
                          bool *present, struct error *error)
{
	struct search search = {.address = &address->address};
	int reason = look_up(network, &search);
	*present = search.count > 0;
	return reason == 0 ? CODE_OK : failure(address, "look for", reason, error);
}

enum code network_stands(struct network *network, const struct network_address *address,
                         bool *stands, struct error *error)
{
	const struct network_address form = form_of(address);
	struct search search = {.address = &address->address, .index = index_of(network, address)};
	*stands = false;
	if (search.index == 0)
		return CODE_OK;
	int reason = look_up(network, &search);
	for (unsigned i = 0; i < search.count; i++)
		*stands = *stands || search.found[i].prefix == form.prefix;
	return reason == 0 ? CODE_OK : failure(address, "look for", reason, error);
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
