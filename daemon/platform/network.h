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

/* Where an address belongs. */
struct network_address {
	struct address address;
	uint8_t prefix;
	char interface[CONFIG_INTERFACE_BYTES];
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
 * Adds the address, at once usable, not chosen as the source of the host's own connections where
 * the system allows to say so, and has the system remove it after `seconds`, a little late rather
 * than early. CODE_OK when it was there already. CODE_NOT_FOUND: no such interface. CODE_DENIED.
 * CODE_TIMEOUT: the system did not answer; it may have been added. Waits for the system's network
 * lock, at most a second.
 */
enum code network_add(struct network *network, const struct network_address *address,
                      uint32_t seconds, struct error *error);

/* Has the system remove the address `seconds` from now; changes nothing else about it.
 * CODE_NOT_FOUND: it is not there, and does not come by this. Other codes, and waits, as
 * network_add. */
enum code network_extend(struct network *network, const struct network_address *address,
                         uint32_t seconds, struct error *error);

/* Removes the address from its interface, whatever its prefix. CODE_OK also when address or
 * interface does not exist. Other codes: it may still be there. Waits as network_add. */
enum code network_remove(struct network *network, const struct network_address *address,
                         struct error *error);

/* Whether the address is on its interface (with any prefix). */
enum code network_present(struct network *network, const struct network_address *address,
                          bool *present, struct error *error);

/* Which interface of this host has the address; CODE_NOT_FOUND: none. */
enum code network_find(struct network *network, const struct address *address,
                       char interface[CONFIG_INTERFACE_BYTES], struct error *error);

enum link_state {
	LINK_ABSENT, /* no such interface */
	LINK_DOWN,   /* switched off or without carrier */
	LINK_UP,
};

/* `index` identifies the interface while it exists, whatever its name; 0 when absent. */
enum link_state network_link(struct network *network, const char *interface, unsigned *index);

enum network_news {
	NEWS_ADDRESS_GONE, /* address, index */
	NEWS_ADDRESS_HERE, /* address, index */
	NEWS_LINK,         /* interface, index, state: as it was when the news was made */
	NEWS_MISSED,       /* some news were lost: look again at everything */
};

struct network_change {
	enum network_news news;
	unsigned index;
	struct address address;
	char interface[CONFIG_INTERFACE_BYTES];
	enum link_state state;
};

enum { NETWORK_INTERFACES_MAX = 256 };

/* The interfaces by which frames for this host itself can come in over an Ethernet: not those that
 * hand them on to another one of this host, as the ports of a bridge do. `names` has room for
 * NETWORK_INTERFACES_MAX; those beyond are left out. */
enum code network_interfaces(struct network *network, char (*names)[CONFIG_INTERFACE_BYTES],
                             size_t *count, struct error *error);

/* A socket that is readable while there is news; owned by `network`. News begin with network_open.
 */
int network_news_fd(const struct network *network);
/* Hands over what has arrived, in order; returns when there is no more, or after enough for one
 * turn of the loop. */
void network_news_read(struct network *network,
                       void (*heard)(void *context, const struct network_change *change),
                       void *context);

/*
 * Tells everybody on the link that the address is here now, in each form some neighbour needs.
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
 * echoes of this one. */
bool network_rival_read(struct network *network, const struct network_address *address, int fd,
                        uint8_t station[6]);
