/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers and watched descriptors of the loop that can be closed at any moment and free themselves
 * later, so that their owners need not outlive them. Knows no resource.
 */
#pragma once

#include <stdint.h>
#include <uv.h>

#include "proto/clock.h"

struct timer;

/* NULL: out of memory. */
struct timer *timer_open(uv_loop_t *loop, void (*ring)(void *context), void *context);
/* Rings once after `delay`; replaces what was set before. */
void timer_set(struct timer *alarm, struct span delay);
void timer_stop(struct timer *alarm);
void timer_close(struct timer *alarm); /* accepts NULL */

struct watch;

/* Takes `fd` and calls `readable` whenever it is; NULL: it cannot be watched, `fd` is closed. */
struct watch *watch_open(uv_loop_t *loop, int fd, void (*readable)(void *context), void *context);
int watch_fd(const struct watch *watch);
void watch_close(struct watch *watch); /* accepts NULL; closes the descriptor */
