/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One descriptor and one timer.
 */
#include "daemon/worker/guard_link.h"

#include <inttypes.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/platform/guard_host.h"

enum {
	/* The answer to who asked for it leaves first. */
	REPLACE_AFTER_MS = 20,
	/* A new guard ends this process within a moment; a service manager waits a little before it
	 * starts one. */
	GUARD_WAIT_MS = 5000,
	GUARD_TRIES = 6,
};

static void seek_guard(uv_timer_t *timer);

static void wait_for_guard(struct tie *tie)
{
	(void)uv_timer_start(&tie->timer, seek_guard, GUARD_WAIT_MS, 0);
}

static void give_up(struct tie *tie)
{
	log_write(tie->daemon->log, LEVEL_ERROR,
	          "no new guard has come: handing over every role and leaving");
	leave_now(&tie->daemon->leave);
}

static void seek_guard(uv_timer_t *timer)
{
	struct tie *tie = timer->data;
	struct error error;

	if (tie->revived != 0 && guard_channel_collect(tie->revived))
		tie->revived = 0;
	if (tie->tries++ == GUARD_TRIES) {
		give_up(tie);
		return;
	}
	wait_for_guard(tie);
	if (tie->is_managed || tie->revived != 0)
		return;
	if (guard_channel_revive(tie->argv, &tie->revived, &error) != CODE_OK)
		log_write(tie->daemon->log, LEVEL_ERROR, "%s; tried again in %d s", error.text,
		          GUARD_WAIT_MS / 1000);
}

static void on_channel(uv_poll_t *poll, int status, int events)
{
	struct tie *tie = poll->data;

	(void)events;
	if (status == 0 && !guard_channel_is_dead(tie->fd))
		return;
	(void)uv_poll_stop(poll);
	log_write(tie->daemon->log, LEVEL_ERROR,
	          "the guard of this process is gone: %s; until then nothing releases the roles of "
	          "this host if this process hangs, too",
	          tie->is_managed ? "waiting for the service manager to start another"
	                          : "starting another");
	if (!tie->is_replacing)
		seek_guard(&tie->timer);
}

enum code tie_open(struct tie *tie, struct daemon *daemon, int fd, bool is_managed,
                   char *const argv[], struct error *error)
{
	int failed;

	tie->daemon = daemon;
	tie->fd = fd;
	tie->is_managed = is_managed;
	tie->argv = argv;
	if (fd < 0)
		return CODE_OK;
	(void)uv_timer_init(&daemon->loop, &tie->timer);
	tie->timer.data = tie->poll.data = tie;
	failed = uv_poll_init(&daemon->loop, &tie->poll, fd);
	if (failed != 0) {
		uv_close((uv_handle_t *)&tie->timer, NULL);
		return error_set(error, CODE_SYSTEM, "cannot watch the guard: %s",
		                 uv_strerror(failed));
	}
	tie->is_open = true;
	(void)uv_poll_start(&tie->poll, UV_READABLE | UV_DISCONNECT, on_channel);
	return CODE_OK;
}

void tie_ready(struct tie *tie)
{
	if (tie->is_open)
		guard_channel_ready(tie->fd);
}

void tie_wake_guard(struct tie *tie)
{
	if (tie->is_open)
		guard_channel_wake(tie->fd);
}

static void replace(uv_timer_t *timer)
{
	struct tie *tie = timer->data;

	/* It died after it was asked: nobody would go on with what runs. */
	if (guard_channel_is_dead(tie->fd)) {
		tie->is_replacing = false;
		seek_guard(timer);
		return;
	}
	guard_channel_replace(tie->fd);
	uv_stop(&tie->daemon->loop);
}

bool tie_replace(struct tie *tie)
{
	if (!tie->is_open || guard_channel_is_dead(tie->fd))
		return false;
	tie->is_replacing = true;
	log_write(tie->daemon->log, LEVEL_INFO,
	          "this process ends and the program in the file goes on: what runs here stays up");
	(void)uv_timer_start(&tie->timer, replace, REPLACE_AFTER_MS, 0);
	return true;
}

bool tie_holds(const struct tie *tie)
{
	return tie->is_open && !guard_channel_is_dead(tie->fd);
}

void tie_close(struct tie *tie)
{
	if (!tie->is_open)
		return;
	uv_close((uv_handle_t *)&tie->poll, NULL);
	uv_close((uv_handle_t *)&tie->timer, NULL);
	(void)close(tie->fd);
}
