/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wall clock that a test sets: preloaded into a daemon, it adds the seconds that stand in the
 * file WALL_CLOCK_FILE (a signed number of eight bytes, changed at any time) to CLOCK_REALTIME.
 * Every other clock is left alone, as it is when a real wall clock is set.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Read each time: no state, and a daemon asks for the wall clock a few times a second only. */
static int64_t offset_s(void)
{
	int64_t offset = 0;
	const char *path = getenv("WALL_CLOCK_FILE");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, &offset, sizeof offset) != sizeof offset)
		offset = 0;
	(void)close(fd);
	return offset;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int failed = (int)syscall(SYS_clock_gettime, clock, now);
	if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += offset_s();
	return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec real;
	(void)zone;
	int failed = clock_gettime(CLOCK_REALTIME, &real);
	*now = (struct timeval){.tv_sec = real.tv_sec, .tv_usec = real.tv_nsec / 1000};
	return failed;
}

time_t time(time_t *seconds)
{
	struct timespec real;
	(void)clock_gettime(CLOCK_REALTIME, &real);
	if (seconds != NULL)
		*seconds = real.tv_sec;
	return real.tv_sec;
}
