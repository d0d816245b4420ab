/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagram sockets and the filter that keeps strangers from waking the daemon. Knows no datagram's
 * meaning.
 */
#include "daemon/platform/platform.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/print.h"
#include "daemon/platform/linux/filter.h"
#include "daemon/platform/linux/sockaddr.h"

/* A burst of junk must not push out heartbeats: room for some thousand datagrams. */
enum { RECEIVE_BYTES = 4 << 20 };
enum { UDP_HEADER_BYTES = 8 };

static bool set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* Options whose failure leaves a worse socket, not a useless one, are not checked. */
static bool set_options(int fd, int family)
{
	if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BYTES))
		set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BYTES);
	/* Packet sizes learned from unsigned ICMP are ignored: a stranger could shrink them. */
	if (family == AF_INET) {
		set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE);
		return set_option(fd, IPPROTO_IP, IP_FREEBIND, 1);
	}
	set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_INTERFACE);
	return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
	       set_option(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
}

/* The class selector in front is the priority of the queue of this host, too. The lower two bits of
 * the byte are for congestion. Whoever may not choose (RFC 2474) sends as usual. */
static void ask_for_class(int fd, int family, uint8_t dscp)
{
	if (family == AF_INET)
		set_option(fd, IPPROTO_IP, IP_TOS, dscp << 2);
	else
		set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, dscp << 2);
	/* After the byte, which sets a priority of its own. More than 6 is not for everybody. */
	set_option(fd, SOL_SOCKET, SO_PRIORITY, dscp / 8 > 6 ? 6 : dscp / 8);
}

static enum code bind_error(const struct address *address, uint16_t port, struct error *error)
{
	char text[ADDRESS_TEXT_BYTES];
	address_format(address, text);
	if (errno == EADDRINUSE)
		return error_set(error, CODE_EXISTS,
		                 "UDP port %u of %s is in use by another process", port, text);
	return error_set(error, errno == EACCES || errno == EPERM ? CODE_DENIED : CODE_SYSTEM,
	                 "cannot listen on UDP port %u of %s: %s", port, text, strerror(errno));
}

enum code platform_udp_open(const struct address *address, uint16_t port, uint8_t dscp, int *fd,
                            struct error *error)
{
	int made = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (made < 0)
		return error_set(error, CODE_SYSTEM, "cannot make a UDP socket: %s",
		                 strerror(errno));
	struct sockaddr_storage storage;
	socklen_t length = sockaddr_fill(address, port, &storage);
	if (!set_options(made, address->family) ||
	    bind(made, (const struct sockaddr *)&storage, length) != 0) {
		enum code code = bind_error(address, port, error);
		close(made);
		return code;
	}
	ask_for_class(made, address->family, dscp);
	*fd = made;
	return CODE_OK;
}

enum code platform_udp_filter(int fd, const struct datagram_match *matches, size_t count,
                              size_t longest, struct error *error)
{
	if (count > DATAGRAM_MATCHES_MAX)
		return error_set(error, CODE_TOO_LARGE,
		                 "%zu matches for a socket filter; at most %d", count,
		                 DATAGRAM_MATCHES_MAX);
	struct filter filter;
	filter_begin(&filter);
	filter_at_most(&filter, UDP_HEADER_BYTES + (uint32_t)longest);
	for (size_t i = 0; i < count; i++)
		filter_require(&filter, UDP_HEADER_BYTES + (uint32_t)matches[i].offset,
		               matches[i].bytes, matches[i].length);
	return filter_attach(&filter, fd, error);
}
