/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells when the machine itself stood still: one JSON line for each time in which an ordinary
 * process that has nothing to do was not woken on a processor for STALL_NS. A time limit that was
 * not met meanwhile says nothing about who was to meet it. Ends with its standard input.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NAP_NS = 1000000, STALL_NS = 20000000, PROCESSORS_MAX = 256 };

static int64_t now_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *watch(void *context)
{
	const size_t *processor = context;
	cpu_set_t here;
	CPU_ZERO(&here);
	CPU_SET(*processor, &here);
	/* Not getting this is no error: then it watches wherever it is. */
	(void)sched_setaffinity(0, sizeof here, &here);
	const struct timespec nap = {.tv_nsec = NAP_NS};
	for (int64_t before = now_ns();;) {
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
		int64_t now = now_ns();
		if (now - before >= STALL_NS) {
			(void)printf("{\"event\":\"stall\",\"t\":%lld.%06lld,\"ms\":%lld}\n",
			             (long long)(now / 1000000000),
			             (long long)(now % 1000000000 / 1000),
			             (long long)((now - before) / 1000000));
			(void)fflush(stdout);
		}
		before = now;
	}
	return NULL;
}

int main(void)
{
	static size_t processors[PROCESSORS_MAX];
	cpu_set_t allowed;
	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
		(void)fprintf(stderr, "stalls: processors: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < PROCESSORS_MAX; i++) {
		pthread_t thread;
		processors[i] = i;
		if (CPU_ISSET(i, &allowed) &&
		    pthread_create(&thread, NULL, watch, &processors[i]) != 0) {
			(void)fprintf(stderr, "stalls: no thread for processor %zu\n", i);
			return EXIT_FAILURE;
		}
	}
	struct pollfd input = {.fd = STDIN_FILENO};
	while (poll(&input, 1, -1) < 0 && errno == EINTR)
		continue;
	return EXIT_SUCCESS;
}
