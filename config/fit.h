/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which time-out of a watchdog goes with the timing of a cluster, so that a host that hangs as an
 * owner is reset before another may start; daemon/self_fencing/watchdog_rules.h has the picture.
 * Knows no device.
 *
 * A time-out fits when
 *     it is whole seconds, because devices count in them;
 *     timeout <= lease + release/2 - heartbeat: a confirmation that comes a heartbeat after what it
 *         confirms still finds time to feed before lease end + release/2 - timeout;
 *     release/2 >= 100 ms + timeout/50: that much the device may fire late, for its tick and the
 *         rate of its clock, and still fire before lease end + release.
 * Among those the longest is best: a shorter one resets hosts that merely stumble.
 */
#pragma once

#include "proto/clock.h"
#include "proto/error.h"
#include "proto/setup.h"

/* The time-out for owners with this timing; `wanted`, in whole seconds, or 0: the longest that
 * fits. CODE_INVALID: it, or any, does not fit; the sentence says what to change. */
enum code fit_watchdog(struct timing timing, struct span wanted, struct span *timeout,
                       struct error *error);
