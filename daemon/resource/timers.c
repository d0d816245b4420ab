/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers and watched descriptors that free themselves. Waking is all they do: no time they show is
 * ever taken for the lease clock's.
 */
#include "daemon/resource/timers.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

struct timer {
	uv_timer_t timer;
	void (*ring)(void *context);
	void *context;
};

static void on_alarm_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_ring(uv_timer_t *timer)
{
	struct timer *alarm = timer->data;
	alarm->ring(alarm->context);
}

struct timer *timer_open(uv_loop_t *loop, void (*ring)(void *context), void *context)
{
	struct timer *alarm = calloc(1, sizeof *alarm);
	if (alarm == NULL)
		return NULL;
	uv_timer_init(loop, &alarm->timer); /* cannot fail */
	alarm->timer.data = alarm;
	alarm->ring = ring;
	alarm->context = context;
	return alarm;
}

void timer_set(struct timer *alarm, struct span delay)
{
	/* Rounded up: waking before the time would only mean to sleep again. The loop's idea of now
	 * may be as old as its turn. */
	int64_t ms = (delay.ns + 999999) / 1000000;
	uv_update_time(alarm->timer.loop);
	int failed = uv_timer_start(&alarm->timer, on_ring, ms < 0 ? 0 : (uint64_t)ms, 0);
	assert(failed == 0);
}

void timer_stop(struct timer *alarm)
{
	uv_timer_stop(&alarm->timer);
}

void timer_close(struct timer *alarm)
{
	if (alarm != NULL)
		uv_close((uv_handle_t *)&alarm->timer, on_alarm_closed);
}

struct watch {
	uv_poll_t poll;
	int fd;
	void (*readable)(void *context);
	void *context;
};

static void on_watch_closed(uv_handle_t *handle)
{
	struct watch *watch = handle->data;
	close(watch->fd);
	free(watch);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;
	(void)status; /* an error shows when the owner reads */
	(void)events;
	watch->readable(watch->context);
}

struct watch *watch_open(uv_loop_t *loop, int fd, void (*readable)(void *context), void *context)
{
	struct watch *watch = calloc(1, sizeof *watch);
	if (watch == NULL || uv_poll_init(loop, &watch->poll, fd) != 0) {
		free(watch);
		close(fd);
		return NULL;
	}
	watch->poll.data = watch;
	watch->fd = fd;
	watch->readable = readable;
	watch->context = context;
	if (uv_poll_start(&watch->poll, UV_READABLE, on_readable) != 0) {
		watch_close(watch);
		return NULL;
	}
	return watch;
}

int watch_fd(const struct watch *watch)
{
	return watch->fd;
}

void watch_close(struct watch *watch)
{
	if (watch != NULL)
		uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}
