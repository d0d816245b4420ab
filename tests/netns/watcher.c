/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells when an address came to a machine and when it went: one JSON line for each change of any
 * interface's addresses, in the order in which the kernel made them, stamped with CLOCK_BOOTTIME.
 * Hears of every machine that hangs at the switch in whose network it runs, by the number which
 * that network has for the other one (netlink(7), NETLINK_LISTEN_ALL_NSID). One line of events
 * for all: a stamp is late on a busy machine, the order never is, as the kernel makes one change
 * of a network after the other. Judges nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BUFFER_BYTES = 64 * 1024,
	RECEIVE_BYTES = 4 * 1024 * 1024,
	PRIORITY = 30,
	OWN_NETWORK = -1,
};

static int open_route(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -1;
	int bytes = RECEIVE_BYTES, on = 1;
	struct sockaddr_nl here = {.nl_family = AF_NETLINK,
	                           .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof on) != 0 ||
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

/* Of the machine that a message is about. */
static int network_of(struct msghdr *message)
{
	int network = OWN_NETWORK;
	for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
	     head = CMSG_NXTHDR(message, head))
		if (head->cmsg_level == SOL_NETLINK && head->cmsg_type == NETLINK_LISTEN_ALL_NSID)
			memcpy(&network, CMSG_DATA(head), sizeof network);
	return network;
}

static void tell(const struct nlmsghdr *header, int network)
{
	if (header->nlmsg_type != RTM_NEWADDR && header->nlmsg_type != RTM_DELADDR)
		return;
	const struct ifaddrmsg *body = NLMSG_DATA(header);
	const void *address = address_of(header);
	char text[INET6_ADDRSTRLEN];
	if (address == NULL || inet_ntop(body->ifa_family, address, text, sizeof text) == NULL)
		return;
	struct timespec now;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	(void)printf("{\"event\":\"%s\",\"t\":%lld.%06ld,\"network\":%d,\"address\":\"%s\"}\n",
	             header->nlmsg_type == RTM_NEWADDR ? "address-up" : "address-down",
	             (long long)now.tv_sec, now.tv_nsec / 1000, network, text);
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
	union {
		char bytes[CMSG_SPACE(sizeof(int)) * 4];
		struct cmsghdr align;
	} control;
	for (;;) {
		struct iovec part = {.iov_base = buffer.bytes, .iov_len = sizeof buffer.bytes};
		struct msghdr message = {.msg_iov = &part,
		                         .msg_iovlen = 1,
		                         .msg_control = control.bytes,
		                         .msg_controllen = sizeof control.bytes};
		ssize_t got = recvmsg(fd, &message, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			/* Lost messages would make the test blind: better no verdict than a wrong
			 * one. */
			(void)fprintf(stderr, "watcher: receive: %s\n", strerror(errno));
			return 1;
		}
		int network = network_of(&message);
		unsigned left = (unsigned)got;
		for (const struct nlmsghdr *header = &buffer.align; NLMSG_OK(header, left);
		     header = NLMSG_NEXT(header, left))
			tell(header, network);
	}
}
