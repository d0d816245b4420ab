/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One signal and one timer.
 */
#include "daemon/worker/realtime.h"

#include <signal.h>

#include "daemon/log.h"
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
	struct realtime *realtime = signal->data;

	(void)number;
	platform_let_processor_go();
	log_write(realtime->log, LEVEL_WARNING,
	          "this process used a full second of CPU without yielding: it drops its real-time "
	          "priority for %d s; is somebody flooding it?",
	          ORDINARY_FOR_MS / 1000);
	(void)uv_timer_start(&realtime->again, hold_again, ORDINARY_FOR_MS, 0);
}

void realtime_begin(struct realtime *realtime)
{
	/* Until there is a loop to hear it. */
	(void)signal(SIGXCPU, SIG_IGN);
	realtime->memory.code = platform_hold_memory(&realtime->memory);
	realtime->processor.code = platform_hold_processor(HOLD_WORKER, &realtime->processor);
}

static void report(struct log *log, const struct error *lacking)
{
	if (lacking->code != CODE_OK)
		log_write(log, LEVEL_WARNING, "this process lacks rights: %s", lacking->text);
}

void realtime_open(struct realtime *realtime, uv_loop_t *loop, struct log *log)
{
	realtime->log = log;
	report(log, &realtime->memory);
	report(log, &realtime->processor);
	(void)uv_signal_init(loop, &realtime->exceeded);
	(void)uv_timer_init(loop, &realtime->again);
	realtime->exceeded.data = realtime->again.data = realtime;
	(void)uv_signal_start(&realtime->exceeded, on_exceeded, SIGXCPU);
}

void realtime_close(struct realtime *realtime)
{
	uv_close((uv_handle_t *)&realtime->exceeded, NULL);
	uv_close((uv_handle_t *)&realtime->again, NULL);
}
