/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the address of a role stands on: the interface of its name, and what it means for the
 * address that something about the interface has changed. Pure: knows no kernel and no clock.
 *
 * An interface is not ready for a role's address while it lacks an address of its own that it has
 * had before. Whoever configures the host (NetworkManager, systemd-networkd, a DHCP client) takes
 * its addresses away when carrier is lost and puts them back some time after it returned; one that
 * finds a foreign address there first may take the interface for configured by somebody else, and
 * never configure it again (NetworkManager: "connected (externally)"). So a role's address waits,
 * but no longer than FOOTING_WAIT_S: the time for which a switch with spanning tree keeps a port
 * shut, during which no DHCP client can succeed. After that the address is worth more than the
 * host's own.
 *
 * An owner whose interface is configured anew under it, with carrier all the time, does not give
 * the role away for the moment that takes: only after FOOTING_GRACE_MS, when waiting costs more
 * than a move.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/platform/network.h"
#include "proto/clock.h"

enum { FOOTING_WAIT_S = 30, FOOTING_GRACE_MS = 1000 };

struct footing {
	struct network_link link;
	bool had_own, has_own;    /* addresses of the interface itself, of the role's family */
	struct instant waits_for; /* the end of the wait; INSTANT_PAST: it does not lack one */
	struct instant grace;     /* the end of it */
};

/* What a change asks of the address that stands there, as bits. */
enum footing_change {
	FOOTING_ANNOUNCE = 1, /* tell the neighbours again */
	FOOTING_RESTORE = 2,  /* it may have gone, or have to go elsewhere */
};

/* The interface as it is at first; `has_own` as of then. */
void footing_begin(struct footing *footing, const struct network_link *link, bool has_own);
/* The interface of the name is this one now. Returns enum footing_change. */
unsigned footing_follow(struct footing *footing, const struct network_link *link,
                        struct instant now);
/* True: that is news. */
bool footing_own(struct footing *footing, bool has_own, struct instant now);

/* Whether an address that is not there has to wait at `now`. */
bool footing_waits(const struct footing *footing, struct instant now);
/* When the answers of the two below may change without any news, after `now`. */
struct instant footing_deadline(const struct footing *footing, struct instant now);
/* Whether the role can be here; if not, `why` says what is in the way. `is_owner`: it is here.
 * `stands`: its address is there already, and has nothing to wait for. */
bool footing_is_fit(const struct footing *footing, bool is_owner, bool stands, struct instant now,
                    char *why, size_t size);
