/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide, part one: clock, boot identity, datagram sockets, who is
 * at the other end of a local connection, and what `check` asks about this host. network.h and
 * child.h are parts two and three. Each directory beside this file implements all three; nothing
 * else in the tree may know which one was built. Nothing here logs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "proto/clock.h"
#include "proto/error.h"

/* The lease clock: monotonic, counts suspend, cannot fail, does not block. */
struct instant platform_now(void);

/* By how much the lease clock has fallen behind the oscillator of this host, since a moment that is
 * the same for every process of this boot. A time daemon that slews the clock changes it; suspend
 * does not. Read to some microseconds, mostly. */
struct span platform_behind(void);

/* Differs after each boot of this host; the same for all processes between two boots. */
struct boot {
	uint8_t bytes[16];
};

/* Does not block. CODE_SYSTEM when the host does not tell. */
enum code platform_boot(struct boot *boot, struct error *error);

/*
 * A datagram socket on address and port: non-blocking, not inherited by children, large receive
 * buffer, works although the address is not (or not yet) on this host, never trusts what strangers
 * say about the path's packet size. `dscp`, from 0 to 63, is what networks are asked for; a host
 * that does not allow it sends without. The caller closes it. Does not block.
 * CODE_EXISTS: the port is taken. CODE_DENIED: not allowed. CODE_SYSTEM: any other reason.
 */
enum code platform_udp_open(const struct address *address, uint16_t port, uint8_t dscp, int *fd,
                            struct error *error);

/* Bytes every datagram worth waking up for has at `offset` of its payload. */
struct datagram_match {
	uint16_t offset;
	uint8_t length; /* at most 8 */
	uint8_t bytes[8];
};

enum { DATAGRAM_MATCHES_MAX = 4 };

/* Has the system drop datagrams that lack any of the matches, or are longer than `longest`, before
 * they cost a wake-up. Only an economy: what passes is still checked. CODE_UNSUPPORTED: this system
 * cannot; everything passes then. CODE_TOO_LARGE: too many matches. */
enum code platform_udp_filter(int fd, const struct datagram_match *matches, size_t count,
                              size_t longest, struct error *error);

/* Who connected to a local socket, as the system vouches for it. */
enum { PEER_GROUPS_MAX = 64 };

struct peer_credentials {
	int64_t pid;
	uint32_t user;
	uint32_t group;
	uint32_t group_count;
	uint32_t groups[PEER_GROUPS_MAX]; /* supplementary; those beyond the limit are left out */
};

/* `fd` is the accepted connection. Does not block. */
enum code platform_peer(int fd, struct peer_credentials *peer, struct error *error);

enum { USER_PATH_BYTES = 256 };

/* A user of this host with what is needed to become it. */
struct user {
	uint32_t id;
	uint32_t group;
	uint32_t group_count;
	uint32_t groups[PEER_GROUPS_MAX];
	char name[NAME_BYTES]; /* "": it has none that fits, and then the next two mean nothing */
	char home[USER_PATH_BYTES];
	char shell[USER_PATH_BYTES];
};

/* All may block on the host's name service: call them at start, never in the loop.
 * CODE_NOT_FOUND: no such user or group. CODE_TOO_LARGE: it is in more groups than the limit. */
enum code platform_user(const char *name, struct user *user, struct error *error);
/* Whose rights this process has. */
enum code platform_self(struct user *user, struct error *error);
enum code platform_group(const char *name, uint32_t *group, struct error *error);

/* Questions of `check`. None changes anything. CODE_OK: as it should be; else the sentence says
 * what is missing and what to do. */

/* What a daemon may do beyond what every user may. */
enum right {
	RIGHT_ADDRESSES, /* add, remove and announce them */
	RIGHT_GATE,
	RIGHT_URGENCY, /* run and be in memory before others */
	RIGHT_USERS,   /* start and end programs as other users */
	RIGHT_REBOOT,
	RIGHTS
};
/* Whether process `pid` (0: this one) has it. CODE_DENIED: the sentence names what is missing. */
enum code platform_check_right(int64_t pid, enum right right, struct error *error);
/* CODE_EXISTS: somebody uses the port. CODE_NOT_FOUND: the address is not on this host. */
enum code platform_check_port(const struct address *address, uint16_t port, struct error *error);
/* CODE_NOT_FOUND: no such file. CODE_DENIED: others may read or replace it. */
enum code platform_check_secret(const char *path, struct error *error);
/* Whether the system can keep all processes of a resource together, also those that leave their
 * session. CODE_UNSUPPORTED: it cannot; the sentence names the consequence. */
enum code platform_check_groups(struct error *error);
