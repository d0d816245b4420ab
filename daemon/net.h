/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The datagrams of one member: a socket on each of its own addresses. Address i here and address i
 * of a peer form path i; every page goes over all of them. Knows nothing of what a datagram says.
 * An error on a path is counted and never fatal: the next page tries again.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "proto/admission.h"
#include "proto/error.h"

struct net_hooks {
	void *context; /* borrowed until net_close's `closed` */
	/* `bytes` is borrowed for the call. */
	void (*received)(void *context, struct arrival arrival, const uint8_t *bytes,
	                 size_t length);
};

struct net;

/* `config` is borrowed until closed. CODE_EXISTS: the port is taken. */
enum code net_open(struct net **net, uv_loop_t *loop, const struct config *config,
                   const struct net_hooks *hooks, struct error *error);

/* Sends a signed page (`datagram` has room for DATAGRAM_BYTES; body and signature are in it) to
 * every other member over every path. Never blocks. */
void net_send(struct net *net, uint8_t *datagram, size_t body_length);

struct net_errors {
	uint64_t count;
	const char *last; /* "" when there was none; valid until closed */
};

/* What went wrong sending to this member over this path. */
struct net_errors net_path_errors(const struct net *net, uint8_t member, uint8_t path);

void net_close(struct net *net, void (*closed)(void *context), void *context);
