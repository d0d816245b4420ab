/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end that the kernel gives to the addresses of this host: each expires by itself unless it is
 * extended, and it is extended only as far as a majority has confirmed the lease of its role. So an
 * address goes although nothing of the daemon runs any more. A thread of its own extends, because
 * the kernel's network lock may be held by others for long. Knows no votes and no other layer.
 *
 * How far, where the packet gate does not silence the address: it must be gone by lease end +
 * release, like everything of its role. The kernel counts whole seconds, and is late by up to 0.25
 * s for batching plus what its timers are coarser the farther they are set, an eighth at most;
 * never early by more than 20 ms. Measured: up to 0.43 s for lifetimes of 1 to 4 s, 2.05 s for 20
 * s. So it is told the most whole seconds S, at least one, for which
 *
 *     S + 0.4 s + (S - 2 s) / 8  <=  lease end + release - now
 *
 * and where there are none, the address keeps the end it has. When confirmations stay away, it is
 * put off once more when the time left is just more than whole seconds, which brings it to lease
 * end + release - 0.45 s: behind the lease end if `release` is half a second or more, and else
 * before it by no more than 0.45 s, of a lease that nobody has confirmed for all the rest of its
 * time. If the whole process stands still, an address may go up to a second before its lease does;
 * its resource puts it back when the process runs again under a lease that still holds.
 *
 * Where the gate silences it from the lease end on, nothing is gained by having it gone early, and
 * a process that is stopped for a moment or started again must not lose it: the kernel is told the
 * least whole seconds that reach the lease end (less 50 ms, so that two seconds of lease are two).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/platform/network.h"
#include "proto/clock.h"
#include "proto/error.h"
#include "proto/setup.h"

struct address_lifetime;

/* Whether whole seconds are fine enough for this timing: lease + release of 2 s or more. */
bool address_lifetime_is_possible(struct timing timing);
/* What the kernel is told when so much time is left until lease end + release; 0: too little. */
uint32_t address_lifetime_before(struct span left);
/* The same for an address that is silent from its lease end on, until that. */
uint32_t address_lifetime_reaching(struct span left);

/* `is_possible` false: addresses get no end, and the functions below do what is left of their work.
 */
enum code address_lifetime_open(struct address_lifetime **lifetime, bool is_possible,
                                struct error *error);
/* Addresses keep the end they have. Accepts NULL. */
void address_lifetime_close(struct address_lifetime *lifetime);

/* Of one role, as far as is confirmed. */
struct lifetime_lease {
	struct instant end;     /* INSTANT_PAST: it may not be up here at all */
	struct instant gone_by; /* end + release */
	bool is_silent_after;   /* the packet gate sees to it */
};

/* Told again after each change, before anything is added under it. Does not block. */
void address_lifetime_follow(struct address_lifetime *lifetime, uint8_t role,
                             struct lifetime_lease lease);

/* network_add, with an end that is put off from then on. */
enum code address_lifetime_add(struct address_lifetime *lifetime, struct network *network,
                               uint8_t role, const struct network_address *address,
                               struct error *error);
/* The same for an address that an earlier life of the daemon has added. */
enum code address_lifetime_adopt(struct address_lifetime *lifetime, struct network *network,
                                 uint8_t role, const struct network_address *address,
                                 struct error *error);
/* network_remove. When it returns, the thread does not touch the address any more. */
enum code address_lifetime_remove(struct address_lifetime *lifetime, struct network *network,
                                  const struct network_address *address, struct error *error);

/* Whether the kernel may have removed the address because nobody put its end off in time. */
bool address_lifetime_ran_out(struct address_lifetime *lifetime,
                              const struct network_address *address);
/* True: since the last call, an address could not be extended for this new reason. */
bool address_lifetime_trouble(struct address_lifetime *lifetime, struct error *error);
