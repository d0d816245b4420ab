/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps this process able to run on a host that is short of memory or of processors: mlockall,
 * and a real-time policy of the lowest ranks with a limit.
 */
#include "daemon/platform/linux/hold.h"
#include "daemon/platform/self.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COMPUTING_LIMIT_US = 1000000 };

static bool has_capability(unsigned number)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	return syscall(SYS_capget, &header, sets) == 0 &&
	       (sets[number / 32].effective & 1U << number % 32) != 0;
}

enum code platform_hold_memory(struct error *error)
{
	struct rlimit limit;
	bool is_free = has_capability(CAP_IPC_LOCK) ||
	               (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY);
	if (!is_free)
		return error_set(error, CODE_DENIED,
		                 "its memory may be paged out (it needs CAP_IPC_LOCK or an "
		                 "unlimited RLIMIT_MEMLOCK)");
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		return error_set(error, CODE_DENIED, "its memory may be paged out (mlockall: %s)",
		                 strerror(errno));
	return CODE_OK;
}

void platform_hold_life(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, HOLD_LIFE_SCORE, sizeof HOLD_LIFE_SCORE - 1);
	(void)close(fd);
}

enum code platform_hold_processor(enum hold_rank rank, struct error *error)
{
	/* The lowest: above every ordinary process, below whoever asked for more. The same for the
	 * guard and the worker: the kernel waits by turning for whoever else looks at /proc of a
	 * process that is being collected (shrink_dcache_parent). A guard before its worker was
	 * seen to wait so for the worker on the same processor, which never ran again. */
	const struct sched_param place = {.sched_priority = 1};
	/* The worker's threads wait for each other, and libuv does so in a loop: one that is in
	 * front would keep the one it waits for from running. */
	const int policy = rank == HOLD_GUARD ? SCHED_RR | SCHED_RESET_ON_FORK : SCHED_RR;
	struct rlimit limit;
	/* Of the two only the soft one: whoever inherits it may raise it again. */
	if (getrlimit(RLIMIT_RTTIME, &limit) == 0 && limit.rlim_max > COMPUTING_LIMIT_US) {
		limit.rlim_cur = COMPUTING_LIMIT_US;
		(void)setrlimit(RLIMIT_RTTIME, &limit);
	}
	if (sched_setscheduler(0, policy, &place) != 0)
		return error_set(error, CODE_DENIED,
		                 "a busy host may delay it (real-time priority: %s; it needs "
		                 "CAP_SYS_NICE, and a "
		                 "control group that has real-time bandwidth)",
		                 strerror(errno));
	return CODE_OK;
}

void platform_let_processor_go(void)
{
	const struct sched_param ordinary = {.sched_priority = 0};
	(void)sched_setscheduler(0, SCHED_OTHER, &ordinary);
}
