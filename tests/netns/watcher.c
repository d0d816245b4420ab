/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells when an address came to this node and when it went: one JSON line for each change of any
 * interface's addresses, stamped with CLOCK_BOOTTIME, which all machines of the test network share.
 * Judges nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 64 * 1024, RECEIVE_BYTES = 4 * 1024 * 1024, PRIORITY = 30 };

static int open_route(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -1;
	int bytes = RECEIVE_BYTES;
	struct sockaddr_nl here = {.nl_family = AF_NETLINK,
	                           .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0 ||
	    bind(fd, (const struct sockaddr *)&here, sizeof here) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static const void *address_of(const struct nlmsghdr *header)
{
	const struct ifaddrmsg *body = NLMSG_DATA(header);
	const char *at = (const char *)IFA_RTA(body);
	const char *end = (const char *)header + header->nlmsg_len;
	const void *found = NULL;
	while (end - at >= (ptrdiff_t)sizeof(struct rtattr)) {
		const struct rtattr *attribute = (const void *)at;
		if (attribute->rta_len < sizeof *attribute || attribute->rta_len > end - at)
			break;
		/* IFA_LOCAL is the own end where the two differ. */
		if (attribute->rta_type == IFA_LOCAL)
			return at + RTA_LENGTH(0);
		if (attribute->rta_type == IFA_ADDRESS)
			found = at + RTA_LENGTH(0);
		at += RTA_ALIGN(attribute->rta_len);
	}
	return found;
}

static void tell(const struct nlmsghdr *header)
{
	if (header->nlmsg_type != RTM_NEWADDR && header->nlmsg_type != RTM_DELADDR)
		return;
	const struct ifaddrmsg *body = NLMSG_DATA(header);
	const void *address = address_of(header);
	char text[INET6_ADDRSTRLEN];
	char interface[IF_NAMESIZE] = "?";
	if (address == NULL || inet_ntop(body->ifa_family, address, text, sizeof text) == NULL)
		return;
	(void)if_indextoname(body->ifa_index, interface);
	struct timespec now;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	(void)printf(
	    "{\"event\":\"%s\",\"t\":%lld.%06ld,\"address\":\"%s\",\"interface\":\"%s\"}\n",
	    header->nlmsg_type == RTM_NEWADDR ? "address-up" : "address-down",
	    (long long)now.tv_sec, now.tv_nsec / 1000, text, interface);
	(void)fflush(stdout);
}

int main(void)
{
	int fd = open_route();
	if (fd < 0) {
		(void)fprintf(stderr, "watcher: netlink: %s\n", strerror(errno));
		return 1;
	}
	/* A stamp is only as good as the time it takes to get here; not getting this is no error.
	 */
	(void)sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY});
	(void)puts("{\"event\":\"ready\",\"t\":0}");
	(void)fflush(stdout);
	union {
		char bytes[BUFFER_BYTES];
		struct nlmsghdr align;
	} buffer;
	for (;;) {
		ssize_t got = recv(fd, buffer.bytes, sizeof buffer.bytes, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			/* Lost messages would make the test blind: better no verdict than a wrong
			 * one. */
			(void)fprintf(stderr, "watcher: receive: %s\n", strerror(errno));
			return 1;
		}
		unsigned left = (unsigned)got;
		for (const struct nlmsghdr *header = &buffer.align; NLMSG_OK(header, left);
		     header = NLMSG_NEXT(header, left))
			tell(header);
	}
}
