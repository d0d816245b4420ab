/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One descriptor and one timer.
 */
#include "daemon/worker/guard_link.h"

#include <inttypes.h>
#include <unistd.h>

#include "daemon/log.h"
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

static void wait_for_guard(struct guard_link *link)
{
	(void)uv_timer_start(&link->timer, seek_guard, GUARD_WAIT_MS, 0);
}

static void give_up(struct guard_link *link)
{
	log_write(link->settings.log, LEVEL_ERROR,
	          "no new guard has come: handing over every role and leaving");
	link->settings.hooks.forsaken(link->settings.hooks.context);
}

static void seek_guard(uv_timer_t *timer)
{
	struct guard_link *link = timer->data;
	struct error error;

	if (link->revived != 0 && guard_channel_collect(link->revived))
		link->revived = 0;
	if (link->tries++ == GUARD_TRIES) {
		give_up(link);
		return;
	}
	wait_for_guard(link);
	if (link->settings.is_managed || link->revived != 0)
		return;
	if (guard_channel_revive(link->settings.argv, &link->revived, &error) != CODE_OK)
		log_write(link->settings.log, LEVEL_ERROR, "%s; tried again in %d s", error.text,
		          GUARD_WAIT_MS / 1000);
}

static void on_channel(uv_poll_t *poll, int status, int events)
{
	struct guard_link *link = poll->data;

	(void)events;
	if (status == 0 && !guard_channel_is_dead(link->settings.fd))
		return;
	(void)uv_poll_stop(poll);
	log_write(link->settings.log, LEVEL_ERROR,
	          "the guard of this process is gone: %s; until then nothing releases the roles of "
	          "this host if this process hangs, too",
	          link->settings.is_managed ? "waiting for the service manager to start another"
	                                    : "starting another");
	if (!link->is_replacing)
		seek_guard(&link->timer);
}

enum code guard_link_open(struct guard_link *link, const struct guard_link_settings *settings,
                          struct error *error)
{
	int failed;

	link->settings = *settings;
	if (settings->fd < 0)
		return CODE_OK;
	(void)uv_timer_init(settings->loop, &link->timer);
	link->timer.data = link->poll.data = link;
	failed = uv_poll_init(settings->loop, &link->poll, settings->fd);
	if (failed != 0) {
		uv_close((uv_handle_t *)&link->timer, NULL);
		return error_set(error, CODE_SYSTEM, "cannot watch the guard: %s",
		                 uv_strerror(failed));
	}
	link->is_open = true;
	(void)uv_poll_start(&link->poll, UV_READABLE | UV_DISCONNECT, on_channel);
	return CODE_OK;
}

void guard_link_ready(struct guard_link *link)
{
	if (link->is_open)
		guard_channel_ready(link->settings.fd);
}

void guard_link_wake_guard(struct guard_link *link)
{
	if (link->is_open)
		guard_channel_wake(link->settings.fd);
}

static void replace(uv_timer_t *timer)
{
	struct guard_link *link = timer->data;

	/* It died after it was asked: nobody would go on with what runs. */
	if (guard_channel_is_dead(link->settings.fd)) {
		link->is_replacing = false;
		seek_guard(timer);
		return;
	}
	guard_channel_replace(link->settings.fd);
	link->settings.hooks.replaced(link->settings.hooks.context);
}

bool guard_link_replace(struct guard_link *link)
{
	if (!link->is_open || guard_channel_is_dead(link->settings.fd))
		return false;
	link->is_replacing = true;
	log_write(
	    link->settings.log, LEVEL_INFO,
	    "this process ends and the program in the file continues: what runs here stays up");
	(void)uv_timer_start(&link->timer, replace, REPLACE_AFTER_MS, 0);
	return true;
}

bool guard_link_holds(const struct guard_link *link)
{
	return link->is_open && !guard_channel_is_dead(link->settings.fd);
}

void guard_link_close(struct guard_link *link)
{
	if (!link->is_open)
		return;
	uv_close((uv_handle_t *)&link->poll, NULL);
	uv_close((uv_handle_t *)&link->timer, NULL);
	(void)close(link->settings.fd);
}
