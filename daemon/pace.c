/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One signal and one timer.
 */
#include "daemon/pace.h"

#include <signal.h>

#include "daemon/daemon.h"
#include "daemon/platform/self.h"

enum { ORDINARY_FOR_MS = 60000 };

static void hold(struct pace *pace)
{
	struct error error;

	if (platform_hold_processor(HOLD_WORKER, &error) != CODE_OK)
		log_write(pace->daemon->log, LEVEL_WARNING, "%s", error.text);
}

static void hold_again(uv_timer_t *timer)
{
	hold(timer->data);
}

static void on_exceeded(uv_signal_t *signal, int number)
{
	struct pace *pace = signal->data;

	(void)number;
	platform_let_processor_go();
	log_write(pace->daemon->log, LEVEL_WARNING,
	          "this process has computed for a second without a pause: it gives way to others "
	          "for %d s; is somebody flooding it?",
	          ORDINARY_FOR_MS / 1000);
	(void)uv_timer_start(&pace->again, hold_again, ORDINARY_FOR_MS, 0);
}

void pace_open(struct pace *pace, struct daemon *daemon)
{
	struct error error;

	pace->daemon = daemon;
	(void)uv_signal_init(&daemon->loop, &pace->exceeded);
	(void)uv_timer_init(&daemon->loop, &pace->again);
	pace->exceeded.data = pace->again.data = pace;
	/* Before there is a limit that could be exceeded. */
	(void)uv_signal_start(&pace->exceeded, on_exceeded, SIGXCPU);
	if (platform_hold_memory(&error) != CODE_OK)
		log_write(daemon->log, LEVEL_WARNING, "%s", error.text);
	hold(pace);
}

void pace_close(struct pace *pace)
{
	uv_close((uv_handle_t *)&pace->exceeded, NULL);
	uv_close((uv_handle_t *)&pace->again, NULL);
}
