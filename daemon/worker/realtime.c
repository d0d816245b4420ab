/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One signal and one timer.
 */
#include "daemon/worker/realtime.h"

#include <signal.h>

#include "daemon/daemon.h"
#include "daemon/platform/self.h"

enum { ORDINARY_FOR_MS = 60000 };

static void hold_again(uv_timer_t *timer)
{
	struct error error;

	(void)timer;
	/* It was possible before. */
	(void)platform_hold_processor(HOLD_WORKER, &error);
}

static void on_exceeded(uv_signal_t *signal, int number)
{
	struct priority *priority = signal->data;

	(void)number;
	platform_let_processor_go();
	log_write(priority->daemon->log, LEVEL_WARNING,
	          "this process has computed for a second without a pause: it gives way to others "
	          "for %d s; is somebody flooding it?",
	          ORDINARY_FOR_MS / 1000);
	(void)uv_timer_start(&priority->again, hold_again, ORDINARY_FOR_MS, 0);
}

void priority_begin(struct priority *priority)
{
	/* Until there is a loop to hear it. */
	(void)signal(SIGXCPU, SIG_IGN);
	priority->memory.code = platform_hold_memory(&priority->memory);
	priority->processor.code = platform_hold_processor(HOLD_WORKER, &priority->processor);
}

static void report(const struct daemon *daemon, const struct error *lacking)
{
	if (lacking->code != CODE_OK)
		log_write(daemon->log, LEVEL_WARNING, "this process lacks rights: %s",
		          lacking->text);
}

void priority_open(struct priority *priority, struct daemon *daemon)
{
	priority->daemon = daemon;
	report(daemon, &priority->memory);
	report(daemon, &priority->processor);
	(void)uv_signal_init(&daemon->loop, &priority->exceeded);
	(void)uv_timer_init(&daemon->loop, &priority->again);
	priority->exceeded.data = priority->again.data = priority;
	(void)uv_signal_start(&priority->exceeded, on_exceeded, SIGXCPU);
}

void priority_close(struct priority *priority)
{
	uv_close((uv_handle_t *)&priority->exceeded, NULL);
	uv_close((uv_handle_t *)&priority->again, NULL);
}
