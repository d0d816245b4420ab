/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets, sending to all, and receiving many datagrams with one system call.
 */
#include "daemon/net.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/platform/platform.h"
#include "proto/auth.h"
#include "proto/wire.h"

enum {
	/* libuv reserves this much for each datagram of a batch; only what arrives is touched. */
	BATCH_SLOT_BYTES = 64 * 1024,
	BATCH = 8,
};

/* The first bytes of every datagram of this protocol, of any version: see wire.h. */
static const struct datagram_match match_magic = {
    .offset = 0, .length = 4, .bytes = {'F', 'O', 'V', 'D'}};

struct net_socket {
	struct net *net; /* the owner */
	uint8_t path;
	uv_udp_t udp;
};

struct net_peer {
	struct tag_key tag;
	uint8_t path_count;
	struct sockaddr_storage addresses[PATHS_MAX];
	uint64_t errors[PATHS_MAX];
	int last_error[PATHS_MAX]; /* of libuv; 0: none */
};

struct net {
	const struct config *config; /* borrowed */
	struct net_hooks hooks;      /* context borrowed */
	uint8_t socket_count;        /* those that libuv knows */
	uint8_t closing_count;
	struct net_socket sockets[PATHS_MAX];
	struct net_peer peers[MEMBERS_MAX];
	void (*closed)(void *context);
	void *closed_context; /* borrowed */
	char batch[BATCH * BATCH_SLOT_BYTES];
};

static void fill_address(struct sockaddr_storage *out, const struct address *address, uint16_t port)
{
	memset(out, 0, sizeof *out);
	if (address->family == ADDRESS_IPV4) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)out;

		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, address->bytes, sizeof v4->sin_addr);
	} else {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, address->bytes, sizeof v6->sin6_addr);
	}
}

static bool same_address(const struct address *address, const struct sockaddr *from)
{
	if (from->sa_family == AF_INET)
		return address->family == ADDRESS_IPV4 &&
		       memcmp(address->bytes, &((const struct sockaddr_in *)from)->sin_addr, 4) ==
		           0;
	return from->sa_family == AF_INET6 && address->family == ADDRESS_IPV6 &&
	       memcmp(address->bytes, &((const struct sockaddr_in6 *)from)->sin6_addr, 16) == 0;
}

static uint8_t member_at(const struct config *config, const struct sockaddr *from)
{
	for (uint8_t i = 0; i < config->setup.member_count; i++) {
		const struct config_member *member = &config->members[i];

		for (uint8_t a = 0; a < member->address_count; a++) {
			if (same_address(&member->addresses[a], from))
				return i;
		}
	}
	return NO_MEMBER;
}

static void lend_batch(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct net_socket *socket = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(socket->net->batch, sizeof socket->net->batch);
}

static void on_datagram(uv_udp_t *udp, ssize_t length, const uv_buf_t *buffer,
                        const struct sockaddr *from, unsigned flags)
{
	struct net_socket *socket = udp->data;
	struct net *net = socket->net;

	/* An error belongs to something sent earlier; cut datagrams are longer than any of ours. */
	if (length <= 0 || from == NULL || (flags & UV_UDP_PARTIAL) != 0)
		return;
	net->hooks.received(
	    net->hooks.context,
	    (struct arrival){.source = member_at(net->config, from), .path = socket->path},
	    (const uint8_t *)buffer->base, (size_t)length);
}

/* Takes over `fd`. */
static enum code listen_on(struct net *net, uv_loop_t *loop, int fd, struct error *error)
{
	struct net_socket *socket = &net->sockets[net->socket_count];
	const int no = 0;
	int failed;

	socket->net = net;
	socket->path = net->socket_count;
	socket->udp.data = socket;
	failed = uv_udp_init_ex(loop, &socket->udp, AF_UNSPEC | UV_UDP_RECVMMSG);
	if (failed == 0) {
		net->socket_count++;
		failed = uv_udp_open(&socket->udp, fd);
	}
	if (failed == 0) {
		/* libuv sets this; it would let any local user bind the same port and take our
		 * heartbeats. */
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (const void *)&no, sizeof no);
		failed = uv_udp_recv_start(&socket->udp, lend_batch, on_datagram);
	}
	if (failed != 0)
		return error_set(error, CODE_SYSTEM, "listen for datagrams: %s",
		                 uv_strerror(failed));
	return CODE_OK;
}

static enum code open_sockets(struct net *net, uv_loop_t *loop, struct error *error)
{
	const struct config_member *self = &net->config->members[net->config->setup.self];

	for (uint8_t i = 0; i < self->address_count; i++) {
		int fd;
		enum code code = platform_udp_open(&self->addresses[i], self->port,
		                                   net->config->dscp, &fd, error);

		if (code != CODE_OK)
			return code;
		/* Only an economy; without it admission refuses the same datagrams. */
		(void)platform_udp_filter(fd, &match_magic, 1, DATAGRAM_BYTES, NULL);
		code = listen_on(net, loop, fd, error);
		if (code != CODE_OK)
			return code;
	}
	return CODE_OK;
}

static void fill_peers(struct net *net)
{
	const struct config *config = net->config;

	for (uint8_t i = 0; i < config->setup.member_count; i++) {
		const struct config_member *member = &config->members[i];
		struct net_peer *peer = &net->peers[i];

		if (i == config->setup.self)
			continue;
		/* While a key is being replaced the peer accepts tags made for either. */
		peer->tag = auth_tag_key(config->cluster, &member->keys[0]);
		peer->path_count = member->address_count < net->socket_count ? member->address_count
		                                                             : net->socket_count;
		for (uint8_t path = 0; path < peer->path_count; path++)
			fill_address(&peer->addresses[path], &member->addresses[path],
			             member->port);
	}
}

static void do_nothing(void *context)
{
	(void)context;
}

enum code net_open(struct net **net, uv_loop_t *loop, const struct config *config,
                   const struct net_hooks *hooks, struct error *error)
{
	/* Most of it is the batch, which must stay untouched: no memset over it. */
	struct net *made = malloc(sizeof *made);
	enum code code;

	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "sockets: out of memory");
	memset(made, 0, offsetof(struct net, batch));
	made->config = config;
	made->hooks = *hooks;
	code = open_sockets(made, loop, error);
	if (code != CODE_OK) {
		net_close(made, do_nothing, NULL);
		return code;
	}
	fill_peers(made);
	*net = made;
	return CODE_OK;
}

void net_send(struct net *net, uint8_t *datagram, size_t body_length)
{
	for (uint8_t i = 0; i < net->config->setup.member_count; i++) {
		struct net_peer *peer = &net->peers[i];
		uv_buf_t buffer;

		if (peer->path_count == 0)
			continue;
		buffer = uv_buf_init((char *)datagram,
		                     (unsigned)auth_tag(datagram, body_length, &peer->tag));
		for (uint8_t path = 0; path < peer->path_count; path++) {
			int sent = uv_udp_try_send(&net->sockets[path].udp, &buffer, 1,
			                           (const struct sockaddr *)&peer->addresses[path]);

			if (sent < 0) {
				peer->errors[path]++;
				peer->last_error[path] = sent;
			}
		}
	}
}

struct net_errors net_path_errors(const struct net *net, uint8_t member, uint8_t path)
{
	const struct net_peer *peer = &net->peers[member];

	assert(member < MEMBERS_MAX && path < PATHS_MAX);
	return (struct net_errors){
	    .count = peer->errors[path],
	    .last = peer->last_error[path] == 0 ? "" : uv_strerror(peer->last_error[path]),
	};
}

static void socket_closed(uv_handle_t *handle)
{
	struct net_socket *socket = handle->data;
	struct net *net = socket->net;

	if (--net->closing_count > 0)
		return;
	net->closed(net->closed_context);
	free(net);
}

void net_close(struct net *net, void (*closed)(void *context), void *context)
{
	net->closed = closed;
	net->closed_context = context;
	net->closing_count = net->socket_count;
	if (net->socket_count == 0) {
		closed(context);
		free(net);
		return;
	}
	for (uint8_t i = 0; i < net->socket_count; i++)
		uv_close((uv_handle_t *)&net->sockets[i].udp, socket_closed);
}
