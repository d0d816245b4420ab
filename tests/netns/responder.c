/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service behind a virtual address: answers each small UDP query from the very address that was
 * asked, with the name of this node. Runs on every node all the time, so that whoever holds the
 * address answers at once; knows nothing of who should.
 *
 * Query: 8 bytes, returned as they are. Answer: query, 8 bytes CLOCK_BOOTTIME in ns of this host's
 * byte order, name with its zero.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { QUERY_BYTES = 8, NAME_MAX_BYTES = 32, CONTROL_BYTES = 128, PRIORITY = 10 };

static int open_socket(uint16_t port)
{
	/* One socket for both families: IPv4 arrives as a mapped IPv6 address. */
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	int on = 1;
	int off = 0;
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) != 0 ||
	    bind(fd, (const struct sockaddr *)&any, sizeof any) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Receives with the address that was asked and sends with it: the control message of the one is
 * that of the other. */
static void answer_one(int fd, const char *name)
{
	struct {
		uint8_t query[QUERY_BYTES];
		uint64_t when_ns;
		char name[NAME_MAX_BYTES];
	} answer = {.when_ns = 0};
	struct sockaddr_in6 peer;
	union {
		char bytes[CONTROL_BYTES];
		struct cmsghdr align;
	} control;
	struct iovec iov = {.iov_base = answer.query, .iov_len = sizeof answer.query};
	struct msghdr message = {.msg_name = &peer,
	                         .msg_namelen = sizeof peer,
	                         .msg_iov = &iov,
	                         .msg_iovlen = 1,
	                         .msg_control = control.bytes,
	                         .msg_controllen = sizeof control.bytes};
	ssize_t got = recvmsg(fd, &message, 0);
	if (got != QUERY_BYTES || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return;
	struct timespec now;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	answer.when_ns = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
	(void)snprintf(answer.name, sizeof answer.name, "%s", name);
	iov.iov_base = &answer;
	iov.iov_len = sizeof answer;
	/* The address may have been taken away meanwhile: then there is no answer, as it should be.
	 */
	(void)sendmsg(fd, &message, MSG_DONTWAIT);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		(void)fputs("usage: responder NAME PORT\n", stderr);
		return 2;
	}
	int fd = open_socket((uint16_t)strtoul(argv[2], NULL, 10));
	if (fd < 0) {
		(void)fprintf(stderr, "responder: port %s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	/* Not getting it only makes the measurement less exact. */
	(void)sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY});
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;)
		answer_one(fd, argv[1]);
}
