/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames by which neighbours learn where an address is now, the question whether somebody else
 * has it, and the ear for those who say that it is theirs. Knows no schedule: when to speak is
 * decided above.
 */
#include <errno.h>
#include <fcntl.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/print.h"
#include "daemon/platform/linux/filter.h"
#include "daemon/platform/linux/frame.h"
#include "daemon/platform/linux/netlink.h"

/* Offsets in a packet without its Ethernet header. */
enum {
	ARP_SENDER_MAC = 8,
	ARP_SENDER_IP = 14,
	IPV6_NEXT_HEADER = 6,
	ND_TYPE = 40,
	ND_TARGET = 48,
	PACKET_BYTES = 128,
};

struct link {
	unsigned index;
	char name[IF_NAMESIZE]; /* now */
	unsigned short type;
	uint8_t station[6];
};

static enum code find_link(struct network *network, const struct network_address *address,
                           struct link *link, struct error *error)
{
	struct ifreq request;
	memset(&request, 0, sizeof request);
	link->index = address->index;
	if (link->index == 0)
		link->index = network_index(network, address->interface);
	if (if_indextoname(link->index, link->name) != NULL)
		snprintf(request.ifr_name, sizeof request.ifr_name, "%s", link->name);
	/* Its name may have become another one's meanwhile. */
	if (ioctl(network->control, SIOCGIFHWADDR, &request) != 0 ||
	    network_index(network, link->name) != link->index)
		return error_set(error, CODE_NOT_FOUND, "interface %s does not exist",
		                 address->interface);
	link->type = request.ifr_hwaddr.sa_family;
	memcpy(link->station, request.ifr_hwaddr.sa_data, sizeof link->station);
	return CODE_OK;
}

/* A router that calls itself a host in an advertisement is dropped as a router by its neighbours.
 */
static bool routes(const char *interface)
{
	char path[96], value = '0';
	snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/forwarding", interface);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool is_router = read(fd, &value, 1) == 1 && value != '0';
	close(fd);
	return is_router;
}

static enum code open_frames(struct network *network, struct error *error)
{
	if (network->frames >= 0)
		return CODE_OK;
	/* Protocol 0: it receives nothing. */
	network->frames = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (network->frames >= 0)
		return CODE_OK;
	return error_set(error, errno == EPERM ? CODE_DENIED : CODE_SYSTEM,
	                 "cannot announce addresses: %s%s", strerror(errno),
	                 errno == EPERM ? " (the daemon needs CAP_NET_RAW)" : "");
}

static int send_frame(struct network *network, const struct link *link, const struct frame *frame)
{
	struct sockaddr_ll to = {
	    .sll_family = AF_PACKET, .sll_ifindex = (int)link->index, .sll_halen = ETH_ALEN};
	memcpy(to.sll_addr, frame->bytes, ETH_ALEN);
	ssize_t sent = sendto(network->frames, frame->bytes, frame->length, MSG_DONTWAIT,
	                      (const struct sockaddr *)&to, sizeof to);
	return sent == (ssize_t)frame->length ? 0 : errno;
}

/* The question comes last: until its answer is there, the address has been told to be here. */
static void make_frames(struct frame frames[ANNOUNCEMENT_FRAMES], const struct link *link,
                        const struct network_address *address)
{
	const uint8_t *bytes = address->address.bytes;
	if (address->address.family == AF_INET) {
		frame_arp(frames, link->station, bytes);
		frame_arp_probe(&frames[ANNOUNCEMENT_FORMS], link->station, bytes);
	} else {
		frame_advertisement(frames, link->station, bytes, routes(link->name));
		frame_solicitation(&frames[ANNOUNCEMENT_FORMS], link->station, bytes);
	}
}

enum code network_announce(struct network *network, const struct network_address *address,
                           struct error *error)
{
	struct link link;
	enum code code = find_link(network, address, &link, error);
	if (code != CODE_OK || link.type == ARPHRD_LOOPBACK)
		return code;
	if (link.type != ARPHRD_ETHER)
		return error_set(
		    error, CODE_UNSUPPORTED,
		    "interface %s is not Ethernet: neighbours cannot be told of a move",
		    address->interface);
	code = open_frames(network, error);
	if (code != CODE_OK)
		return code;
	struct frame frames[ANNOUNCEMENT_FRAMES];
	make_frames(frames, &link, address);
	int reason = 0;
	for (int i = 0; i < ANNOUNCEMENT_FRAMES; i++) {
		int failed = send_frame(network, &link, &frames[i]);
		reason = failed != 0 ? failed : reason;
	}
	if (reason == 0)
		return CODE_OK;
	char text[ADDRESS_TEXT_BYTES];
	address_format(&address->address, text);
	return error_set(error, CODE_SYSTEM, "announcement of %s on %s was lost: %s", text,
	                 address->interface, strerror(reason));
}

/* Who says it is checked in user space, where the own link address is known as it is at that
 * moment. */
static enum code attach_ear(int fd, const struct address *address, struct error *error)
{
	static const uint8_t icmpv6 = 58, advertisement = 136;
	struct filter filter;
	filter_begin(&filter);
	if (address->family == AF_INET) {
		filter_require(&filter, ARP_SENDER_IP, address->bytes, 4);
	} else {
		filter_require(&filter, IPV6_NEXT_HEADER, &icmpv6, 1);
		filter_require(&filter, ND_TYPE, &advertisement, 1);
		filter_require(&filter, ND_TARGET, address->bytes, 16);
	}
	return filter_attach(&filter, fd, error);
}

enum code network_rival_open(struct network *network, const struct network_address *address,
                             int *fd, struct error *error)
{
	struct link link;
	enum code code = find_link(network, address, &link, error);
	if (code != CODE_OK)
		return code;
	if (link.type != ARPHRD_ETHER)
		return error_set(error, CODE_UNSUPPORTED, "interface %s is not Ethernet",
		                 address->interface);
	/* Bound only after the filter stands, so that it never receives anything else. */
	int made = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (made < 0)
		return error_set(error, errno == EPERM ? CODE_DENIED : CODE_SYSTEM,
		                 "cannot watch for other claimants on %s: %s", address->interface,
		                 strerror(errno));
	code = attach_ear(made, &address->address, error);
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = (int)link.index};
	at.sll_protocol = htons(address->address.family == AF_INET ? ETH_P_ARP : ETH_P_IPV6);
	if (code == CODE_OK && bind(made, (const struct sockaddr *)&at, sizeof at) != 0)
		code = error_set(error, CODE_SYSTEM, "cannot watch interface %s: %s",
		                 address->interface, strerror(errno));
	if (code != CODE_OK) {
		close(made);
		return code;
	}
	*fd = made;
	return CODE_OK;
}

/* Of two interfaces at one switch each answers for the addresses of the other. Asked only when
 * somebody else seems to speak. */
static bool is_own_station(const struct network *network, const uint8_t station[ETH_ALEN])
{
	struct if_nameindex *all = if_nameindex();
	bool is_own = false;
	const struct if_nameindex *at = all;
	for (; at != NULL && at->if_index != 0 && !is_own; at++) {
		struct ifreq request;
		memset(&request, 0, sizeof request);
		snprintf(request.ifr_name, sizeof request.ifr_name, "%s", at->if_name);
		is_own = ioctl(network->control, SIOCGIFHWADDR, &request) == 0 &&
		         memcmp(request.ifr_hwaddr.sa_data, station, ETH_ALEN) == 0;
	}
	if (all != NULL)
		if_freenameindex(all);
	return is_own;
}

bool network_rival_read(struct network *network, const struct network_address *address, int fd,
                        uint8_t station[6])
{
	struct link link;
	bool is_known = find_link(network, address, &link, NULL) == CODE_OK;
	bool is_rival = false;
	for (int i = 0; i < 64; i++) {
		uint8_t packet[PACKET_BYTES];
		struct sockaddr_ll from;
		socklen_t length = sizeof from;
		ssize_t got = recvfrom(fd, packet, sizeof packet, MSG_DONTWAIT,
		                       (struct sockaddr *)&from, &length);
		if (got < 0)
			break;
		const uint8_t *said = from.sll_addr;
		if (address->address.family == AF_INET && got >= ARP_SENDER_IP)
			said = packet + ARP_SENDER_MAC;
		if (is_known && from.sll_pkttype != PACKET_OUTGOING &&
		    memcmp(said, link.station, ETH_ALEN) != 0 && !is_own_station(network, said)) {
			memcpy(station, said, ETH_ALEN);
			is_rival = true;
		}
	}
	return is_rival;
}
