/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals, and the limits of each stage of leaving.
 */
#include "daemon/worker/shutdown.h"

#include <signal.h>

#include "config/config.h"
#include "daemon/host_role.h"
#include "daemon/log.h"
#include "proto/event.h"

enum {
	/* `none`, or what may still run, is said this often before the socket closes, so that a
	 * lost datagram does not make the others wait for the promise to end. */
	LAST_HEARTBEATS = 2,
	LAST_WORDS_MS_MAX = 1000,
	/* Beyond what the resources themselves may take. */
	GRACE_MS = 1000,
};

static void limit_reached(uv_timer_t *timer);

static void set_limit(struct shutdown *leave, struct span limit)
{
	(void)uv_timer_start(&leave->limit, limit_reached, (uint64_t)(limit.ns / 1000000) + 1, 0);
}

static void last_words(struct shutdown *leave)
{
	const struct timing timing = leave->settings.config->setup.timing;
	struct span words = span_times(timing.heartbeat, LAST_HEARTBEATS);

	set_limit(leave,
	          words.ns < span_ms(LAST_WORDS_MS_MAX).ns ? words : span_ms(LAST_WORDS_MS_MAX));
}

/* Twice what the slowest role may need to stop, and a promise for the others to answer. */
static struct span graceful_limit(const struct config *config)
{
	struct span longest = {0};

	for (uint8_t r = 0; r < config->setup.role_count; r++) {
		struct span all = {0};

		for (uint8_t i = 0; i < config->roles[r].resource_count; i++)
			all = span_plus(
			    all, config->resources[config->roles[r].resources[i]].stop_timeout);
		if (all.ns > longest.ns)
			longest = all;
	}
	return span_plus(span_plus(span_times(longest, 2), timing_promise(config->setup.timing)),
	                 span_ms(GRACE_MS));
}

static void ask(struct shutdown *leave)
{
	const struct event event = {.kind = EVENT_LEAVE};

	leave->stage = LEAVE_ASKED;
	log_write(leave->settings.log, LEVEL_INFO,
	          "shutting down: handing over or releasing all roles (signal again to force)");
	set_limit(leave, graceful_limit(leave->settings.config));
	leave->settings.hooks.step(leave->settings.hooks.context, &event);
}

static void force(struct shutdown *leave)
{
	const struct span limit = leave->settings.config->setup.timing.release;

	leave->stage = LEAVE_FORCED;
	for (uint8_t r = 0; r < leave->settings.config->setup.role_count; r++) {
		if (!leave->settings.roles[r].active)
			continue;
		log_write(leave->settings.log, LEVEL_WARNING, "%s: released by force",
		          leave->settings.config->setup.roles[r].name);
		leave->settings.hooks.force(leave->settings.hooks.context, r, limit);
	}
	set_limit(leave, span_plus(limit, span_ms(GRACE_MS)));
}

/* What is not down now outlives this process. Its last heartbeats say so, and the claim that is
 * kept says it again from the next start on. */
static void give_up(struct shutdown *leave)
{
	const struct event event = {.kind = EVENT_GIVE_UP};

	leave->stage = LEAVE_GIVEN_UP;
	for (uint8_t r = 0; r < leave->settings.config->setup.role_count; r++) {
		if (leave->settings.roles[r].active)
			log_write(leave->settings.log, LEVEL_ERROR,
			          "%s: may still run here: nothing proves that it is down, and the "
			          "daemon ends; the next start, or `failoverd cleanup`, stops it; "
			          "others may start it when its promise ends",
			          leave->settings.config->setup.roles[r].name);
	}
	last_words(leave);
	leave->settings.hooks.step(leave->settings.hooks.context, &event);
}

/* The next stage, by a signal or because the present one took too long. */
static void go_on(struct shutdown *leave)
{
	switch (leave->stage) {
	case LEAVE_NOT:
		ask(leave);
		break;
	case LEAVE_ASKED:
		force(leave);
		break;
	case LEAVE_FORCED:
		give_up(leave);
		break;
	case LEAVE_DONE:
	case LEAVE_GIVEN_UP:
		uv_stop(leave->settings.loop);
		break;
	}
}

static void limit_reached(uv_timer_t *timer)
{
	struct shutdown *leave = timer->data;

	if (leave->stage != LEAVE_DONE && leave->stage != LEAVE_GIVEN_UP)
		log_write(leave->settings.log, LEVEL_WARNING, "leaving takes too long");
	go_on(leave);
}

void shutdown_now(struct shutdown *leave)
{
	if (leave->stage == LEAVE_NOT)
		ask(leave);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct shutdown *leave = signal->data;

	/* A terminal interrupts both processes, and the guard passes it on: the second time would
	 * be by force. */
	if (number != SIGINT || !leave->settings.hooks.is_guarded(leave->settings.hooks.context))
		go_on(leave);
}

static void on_hangup(uv_signal_t *signal, int number)
{
	struct shutdown *leave = signal->data;

	(void)number;
	log_write(leave->settings.log, LEVEL_WARNING,
	          "SIGHUP is ignored: a changed configuration is read at the next start");
}

void shutdown_done(struct shutdown *leave)
{
	if (leave->stage == LEAVE_DONE)
		return;
	leave->stage = LEAVE_DONE;
	last_words(leave);
}

static void open_signal(struct shutdown *leave, uv_signal_t *signal, uv_signal_cb heard, int number)
{
	(void)uv_signal_init(leave->settings.loop, signal);
	signal->data = leave;
	(void)uv_signal_start(signal, heard, number);
}

void shutdown_open(struct shutdown *leave, const struct shutdown_settings *settings)
{
	leave->settings = *settings;
	leave->stage = LEAVE_NOT;
	open_signal(leave, &leave->terminate, on_signal, SIGTERM);
	open_signal(leave, &leave->interrupt, on_signal, SIGINT);
	open_signal(leave, &leave->hangup, on_hangup, SIGHUP);
	(void)uv_timer_init(settings->loop, &leave->limit);
	leave->limit.data = leave;
}

void shutdown_close(struct shutdown *leave)
{
	uv_close((uv_handle_t *)&leave->terminate, NULL);
	uv_close((uv_handle_t *)&leave->interrupt, NULL);
	uv_close((uv_handle_t *)&leave->hangup, NULL);
	uv_close((uv_handle_t *)&leave->limit, NULL);
}
