/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operating system must provide, part two: addresses on interfaces, the state of links,
 * news about both, announcements to the neighbours, and signs that somebody else claims an address.
 * Knows nothing of roles. Nothing here logs; nothing blocks except as said.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "proto/error.h"

/*
 * Where an address belongs. What tells an interface from others is its index: names are given anew,
 * swapped and taken back while interfaces are up. The name is for sentences, and for who has not
 * looked up the index yet.
 */
struct network_address {
	struct address address;
	uint8_t prefix; /* of the network around it */
	char interface[CONFIG_INTERFACE_BYTES];
	unsigned index; /* 0: whatever has the name now */
};

struct network; /* a connection to this host's network configuration */

/* Needs no privilege: what does fails later, by itself, with CODE_DENIED. */
enum code network_open(struct network **network, struct error *error);
/* The same without news, for who never reads them: network_news_fd and network_news_read do not
 * know it. */
enum code network_open_deaf(struct network **network, struct error *error);
void network_close(struct network *network); /* accepts NULL */

/* How long an address stays by itself, in whole seconds; or for as long as the host runs. */
enum { NETWORK_FOR_EVER = 0 };

/*
 * Adds the address to its interface, at once usable, and has the system remove it after `seconds`,
 * a little late rather than early. The host does not choose it as the source of its own connections
 * while the interface has another address that serves, in whatever order the two were added, and no
 * other address goes when this one does. The network of its prefix can be reached from it, also
 * where the host has no other address in that network. To be repeated when the interface was down,
 * and when its own addresses have changed: the way to that network follows. CODE_OK when it was
 * there already. CODE_NOT_FOUND: no such interface. CODE_DENIED. CODE_TIMEOUT: the system did not
 * answer; it may have been added. Waits for the system's network lock, at most a second.
 */
enum code network_add(struct network *network, const struct network_address *address,
                      uint32_t seconds, struct error *error);

/* Has the system remove the address `seconds` from now, wherever it is on this host; changes
 * nothing else about it. CODE_NOT_FOUND: it is not there, and does not come by this. Other codes,
 * and waits, as network_add. */
enum code network_extend(struct network *network, const struct network_address *address,
                         uint32_t seconds, struct error *error);

/*
 * Removes the address from every interface of this host, whatever its prefix: a host answers for
 * its addresses on all of them, and the one it was added to may have another name by now. CODE_OK
 * even when it is nowhere. Other codes: it may still be there. Waits as network_add.
 */
enum code network_remove(struct network *network, const struct network_address *address,
                         struct error *error);

/* Whether any interface of this host has the address, with any prefix. */
enum code network_present(struct network *network, const struct network_address *address,
                          bool *present, struct error *error);
/* Whether it is on its own interface, as network_add would have it there. */
enum code network_stands(struct network *network, const struct network_address *address,
                         bool *stands, struct error *error);

/* Which interface of this host has the address; CODE_NOT_FOUND: none. */
enum code network_find(struct network *network, const struct address *address,
                       char interface[CONFIG_INTERFACE_BYTES], struct error *error);

/* Whether the interface has an address of the family from which the host's own connections may
 * start: not one of a role, and not one that means another host on every link. */
enum code network_has_own(struct network *network, unsigned index, uint8_t family, bool *has,
                          struct error *error);

enum link_state {
	LINK_ABSENT, /* no such interface */
	LINK_DOWN,   /* switched off or without carrier */
	LINK_UP,
};

/* An interface as it was when somebody looked, or when the news was made. */
struct network_link {
	unsigned index; /* identifies it while it exists, whatever its name; 0: absent */
	enum link_state state;
	char interface[CONFIG_INTERFACE_BYTES]; /* its name */
	uint8_t station[6];                     /* its link address; zeroes: none of this kind */
	uint32_t mtu;
	unsigned master; /* index of the interface it belongs to; 0: none */
	bool is_part;    /* what arrives is handed on to that one: a port of a bridge or bond */
};

/* `interface` is a name, or an alternative one. All zero but for the state when it is absent.
 * Waits as network_add. */
enum link_state network_link(struct network *network, const char *interface,
                             struct network_link *link);
/* Only the index, without waiting; 0: absent. */
unsigned network_index(struct network *network, const char *interface);

enum network_news {
	NEWS_ADDRESS_GONE, /* address, is_own, index */
	NEWS_ADDRESS_HERE, /* address, is_own, index */
	NEWS_LINK,         /* link; index is its own, also when it is absent now */
	NEWS_MISSED,       /* some news were lost: look again at everything */
};

enum { NETWORK_BY_BYTES = 48 };

struct network_change {
	enum network_news news;
	unsigned index;
	struct address address;
	bool is_own; /* the address; see network_has_own */
	/* Of an address that is gone: who removed it, as "process 7 (ip)"; "": not known, or the
	 * system itself. */
	char by[NETWORK_BY_BYTES];
	struct network_link link;
	bool is_failover; /* the neighbours are to be told again: a bond changed its port, or alike
	                   */
};

enum { NETWORK_INTERFACES_MAX = 256 };

/* The interfaces by which frames for this host itself can come in over an Ethernet: not those that
 * hand them on to another one of this host, as the ports of a bridge do. `indexes` has room for
 * NETWORK_INTERFACES_MAX; those beyond are left out. */
enum code network_interfaces(struct network *network, unsigned *indexes, size_t *count,
                             struct error *error);

/* A socket that is readable while there is news; owned by `network`. News begin with network_open.
 */
int network_news_fd(const struct network *network);
/* Hands over what has arrived, in order; returns when there is no more, or after enough for one
 * turn of the loop. */
void network_news_read(struct network *network,
                       void (*heard)(void *context, const struct network_change *change),
                       void *context);

/*
 * Tells everybody on the link that the address is here now, in each form some neighbour needs, and
 * asks whether anybody else has it: who answers is heard by network_rival_read.
 * CODE_OK: the system took every frame (or the link needs none). Anything else is a loss to be
 * counted, never a reason to stop: the next announcement makes up for it.
 */
enum code network_announce(struct network *network, const struct network_address *address,
                           struct error *error);

/* A socket that is readable when another station says that it has the address. The caller closes
 * it. CODE_UNSUPPORTED: such signs cannot be seen on this link. */
enum code network_rival_open(struct network *network, const struct network_address *address,
                             int *fd, struct error *error);
/* Empties the socket. True: it was another station, whose link address is in `station`; false: only
 * echoes of this one, or answers by another interface of this host. */
bool network_rival_read(struct network *network, const struct network_address *address, int fd,
                        uint8_t station[6]);
