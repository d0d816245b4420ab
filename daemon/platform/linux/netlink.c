/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connection to the kernel's network configuration: opening, closing, one question and its answer.
 * Knows neither addresses nor links.
 */
#include "daemon/platform/linux/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/platform/platform.h"

enum {
	ANSWER_MS = 1000,
	/* A dump that changes under way is asked for again this often. */
	DUMP_TRIES = 5,
	NEWS_BUFFER_BYTES = 1 << 20,
};

/* Not in the headers of older systems; the kernel answers more than asked when it knows them not.
 */
enum { STRICT_CHECK = 12 };

static struct mnl_socket *open_requests(void)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (socket == NULL)
		return NULL;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) != 0) {
		mnl_socket_close(socket);
		return NULL;
	}
	int on = 1;
	mnl_socket_setsockopt(socket, STRICT_CHECK, &on, sizeof on);
	return socket;
}

static struct mnl_socket *open_news(void)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (socket == NULL)
		return NULL;
	int size = NEWS_BUFFER_BYTES, fd = mnl_socket_get_fd(socket);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	unsigned groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
	if (mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) != 0) {
		mnl_socket_close(socket);
		return NULL;
	}
	return socket;
}

static enum code open_network(struct network **network, bool is_deaf, struct error *error)
{
	struct network *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	made->frames = -1;
	made->control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	made->requests = open_requests();
	made->news = is_deaf ? NULL : open_news();
	if (made->control < 0 || made->requests == NULL || (made->news == NULL && !is_deaf)) {
		error_set(error, CODE_SYSTEM, "cannot talk to the kernel about the network: %s",
		          strerror(errno));
		network_close(made);
		return CODE_SYSTEM;
	}
	*network = made;
	return CODE_OK;
}

enum code network_open(struct network **network, struct error *error)
{
	return open_network(network, false, error);
}

enum code network_open_deaf(struct network **network, struct error *error)
{
	return open_network(network, true, error);
}

void network_close(struct network *network)
{
	if (network == NULL)
		return;
	if (network->requests != NULL)
		mnl_socket_close(network->requests);
	if (network->news != NULL)
		mnl_socket_close(network->news);
	if (network->control >= 0)
		close(network->control);
	if (network->frames >= 0)
		close(network->frames);
	free(network);
}

/* What is left of an answer nobody waited for must not be taken for the next one. */
static void forget_answers(int fd)
{
	char buffer[64];
	while (recv(fd, buffer, sizeof buffer, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == ENOBUFS ||
	       errno == EINTR)
		;
}

static int wait_readable(int fd, struct instant until)
{
	for (;;) {
		int64_t left = instant_since(until, platform_now()).ns;
		if (left <= 0)
			return ETIMEDOUT;
		struct pollfd wanted = {.fd = fd, .events = POLLIN};
		int ready = poll(&wanted, 1, (int)(left / 1000000) + 1);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return errno;
	}
}

static int read_answer(struct network *network, mnl_cb_t each, void *context)
{
	struct instant until = instant_plus(platform_now(), span_ms(ANSWER_MS));
	unsigned port = mnl_socket_get_portid(network->requests);
	int fd = mnl_socket_get_fd(network->requests);
	char buffer[NETLINK_BUFFER_BYTES] __attribute__((aligned(8)));
	for (;;) {
		int failed = wait_readable(fd, until);
		if (failed != 0)
			return failed;
		ssize_t length = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (length < 0) /* ENOBUFS: the answer itself was lost */
			return errno == ENOBUFS ? ETIMEDOUT : errno;
		int more =
		    mnl_cb_run(buffer, (size_t)length, network->sequence, port, each, context);
		if (more == MNL_CB_STOP)
			return 0;
		if (more < 0 && errno != EPROTO) /* EPROTO: a part of an older answer */
			return errno == 0 ? EIO : errno;
	}
}

int netlink_ask(struct network *network, struct nlmsghdr *request, mnl_cb_t each, void *context)
{
	int result = EINTR;
	for (int i = 0; i < DUMP_TRIES && result == EINTR; i++) {
		forget_answers(mnl_socket_get_fd(network->requests));
		request->nlmsg_seq = ++network->sequence;
		if (mnl_socket_sendto(network->requests, request, request->nlmsg_len) < 0)
			return errno;
		result = read_answer(network, each, context);
	}
	return result;
}
