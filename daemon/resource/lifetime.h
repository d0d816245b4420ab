/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end that the kernel gives to the addresses of this host: each expires by itself unless it is
 * extended, and it is extended only as far as a majority has confirmed the lease of its role. So an
 * address goes although nothing of the daemon runs any more. A thread of its own extends, because
 * the kernel's network lock may be held by others for long. Knows no votes and no other layer.
 *
 * How far: an address must be gone by lease end + release, like everything of its role. The kernel
 * counts whole seconds and was measured to be up to 0.40 s late, never early by more than 20 ms. So
 * it is told
 *
 *     floor(lease end + release - now - 0.4 s), at least one second
 *
 * and where that is none, it keeps the end it has.
 *
 * Why no address expires under a lease that goes on: right after a confirmation the kernel's end is
 * less than a second before lease end + release - 0.42 s. While confirmations come, each second or
 * third heartbeat puts it off. When they stay away, it is put off once more when the time left is
 * just more than whole seconds, which brings it to lease end + release - 0.45 s: behind the lease
 * end if `release` is half a second or more, and else before it by no more than 0.45 s, of a lease
 * that nobody has confirmed for all the rest of its time. If the whole process stands still, an
 * address may go up to a second before its lease does; its resource puts it back when the process
 * runs again with a lease that still holds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/platform/network.h"
#include "proto/clock.h"
#include "proto/error.h"
#include "proto/setup.h"

struct lifetime;

/* Whether whole seconds are fine enough for this timing: lease + release of 2 s or more. */
bool lifetime_is_possible(struct timing timing);
/* What the kernel is told when so much time is left until lease end + release; 0: too little. */
uint32_t lifetime_seconds(struct span left);

/* `is_possible` false: addresses get no end, and the functions below do what is left of their work.
 */
enum code lifetime_open(struct lifetime **lifetime, bool is_possible, struct error *error);
/* Addresses keep the end they have. Accepts NULL. */
void lifetime_close(struct lifetime *lifetime);

/* Until when the role may be up here as far as is confirmed; INSTANT_PAST: not at all. Told again
 * after each change, before anything is added under it. Does not block. */
void lifetime_follow(struct lifetime *lifetime, uint8_t role, struct instant lease_end,
                     struct span release);

/* network_add, with an end that is put off from then on. */
enum code lifetime_add(struct lifetime *lifetime, struct network *network, uint8_t role,
                       const struct network_address *address, struct error *error);
/* The same for an address that an earlier life of the daemon has added. */
enum code lifetime_adopt(struct lifetime *lifetime, struct network *network, uint8_t role,
                         const struct network_address *address, struct error *error);
/* network_remove. When it returns, the thread does not touch the address any more. */
enum code lifetime_remove(struct lifetime *lifetime, struct network *network,
                          const struct network_address *address, struct error *error);

/* Whether the kernel may have removed the address because nobody put its end off in time. */
bool lifetime_ran_out(struct lifetime *lifetime, const struct network_address *address);
/* True: since the last call, an address could not be extended for this new reason. */
bool lifetime_trouble(struct lifetime *lifetime, struct error *error);
