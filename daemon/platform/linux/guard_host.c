/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard's hold on Linux: locked memory, real-time priority, a subreaper, descriptors for time,
 * signals and the worker's end.
 */
#include "daemon/platform/guard_host.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/platform/linux/childgroup.h"
#include "daemon/platform/linux/procfs.h"

static const char CHANNEL_NAME[] = "FAILOVERD_GUARD";

struct guard_host {
	int timer;
	int signals;
	int channel;  /* our end; -1: no worker */
	pid_t worker; /* 0: none */
	bool ready;
	sigset_t before; /* signal mask of children */
};

static void lack(char *lacking, size_t size, const char *what)
{
	size_t used = strlen(lacking);
	(void)snprintf(lacking + used, size - used, "%s%s: %s", used == 0 ? "" : "; ", what,
	               strerror(errno));
}

static void harden(char *lacking, size_t size)
{
	/* The lowest: above every ordinary process, below whoever asked for more. */
	const struct sched_param lowest = {.sched_priority = 1};
	lacking[0] = '\0';
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		lack(lacking, size, "its memory may be paged out");
	if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) != 0)
		lack(lacking, size, "it has no real-time priority");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		lack(lacking, size, "orphans do not fall to it");
}

enum code guard_host_open(struct guard_host **host, char *lacking, size_t size, struct error *error)
{
	struct guard_host *made = calloc(1, sizeof *made);
	sigset_t watched;
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	sigemptyset(&watched);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGHUP);
	sigaddset(&watched, SIGCHLD);
	sigprocmask(SIG_BLOCK, &watched, &made->before);
	signal(SIGPIPE, SIG_IGN);
	made->channel = -1;
	made->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	made->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	if (made->timer < 0 || made->signals < 0) {
		enum code code = error_set(error, CODE_SYSTEM, "guard: %s", strerror(errno));
		guard_host_close(made);
		return code;
	}
	harden(lacking, size);
	*host = made;
	return CODE_OK;
}

void guard_host_close(struct guard_host *host)
{
	if (host == NULL)
		return;
	close(host->timer);
	close(host->signals);
	if (host->channel >= 0)
		close(host->channel);
	free(host);
}

static void become_worker(const struct guard_host *host, int channel, char *const argv[])
{
	char number[16];
	sigprocmask(SIG_SETMASK, &host->before, NULL);
	(void)snprintf(number, sizeof number, "%d", channel);
	(void)setenv(CHANNEL_NAME, number, 1);
	execv("/proc/self/exe", argv);
	_exit(127);
}

enum code guard_host_spawn(struct guard_host *host, char *const argv[], int64_t *pid,
                           struct error *error)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
		return error_set(error, CODE_SYSTEM, "guard: %s", strerror(errno));
	pid_t worker = fork();
	if (worker == 0) {
		close(ends[0]);
		become_worker(host, ends[1], argv);
	}
	close(ends[1]);
	if (worker < 0) {
		close(ends[0]);
		return error_set(error, CODE_SYSTEM, "guard: no new process: %s", strerror(errno));
	}
	if (host->channel >= 0)
		close(host->channel);
	host->channel = ends[0];
	host->worker = worker;
	host->ready = false;
	*pid = worker;
	return CODE_OK;
}

/* Collects the worker, and the dead of the resources that fell to this process. */
static unsigned collect(struct guard_host *host, struct worker_end *end)
{
	unsigned wake = 0;
	siginfo_t info;
	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
			return wake;
		if (info.si_pid != host->worker)
			continue;
		host->worker = 0;
		end->by_signal = info.si_code != CLD_EXITED;
		end->number = info.si_status;
		wake |= WAKE_WORKER_ENDED;
	}
}

static unsigned read_signals(struct guard_host *host, struct worker_end *end)
{
	struct signalfd_siginfo info;
	unsigned wake = 0;
	while (read(host->signals, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_signo != SIGCHLD)
			wake |= WAKE_ASKED_TO_END;
	return wake | collect(host, end);
}

static unsigned read_channel(struct guard_host *host)
{
	char word;
	ssize_t got = recv(host->channel, &word, 1, MSG_DONTWAIT);
	if (got == 0) { /* the worker is gone; its signal tells how */
		close(host->channel);
		host->channel = -1;
	}
	if (got != 1 || host->ready)
		return 0;
	host->ready = true;
	return WAKE_WORKER_READY;
}

unsigned guard_host_wait(struct guard_host *host, struct instant until, struct worker_end *end)
{
	struct itimerspec spec = {
	    .it_value = {.tv_sec = until.ns / 1000000000, .tv_nsec = until.ns % 1000000000}};
	if (until.ns <= 0)
		spec.it_value = (struct timespec){0, 1}; /* at once; zero would disarm */
	if (until.ns >= INSTANT_NEVER.ns)
		spec.it_value = (struct timespec){0, 0};
	(void)timerfd_settime(host->timer, TFD_TIMER_ABSTIME, &spec, NULL);
	struct pollfd watched[] = {
	    {host->timer, POLLIN, 0}, {host->signals, POLLIN, 0}, {host->channel, POLLIN, 0}};
	unsigned wake = 0;
	uint64_t ticks;
	if (poll(watched, host->channel < 0 ? 2 : 3, -1) < 0)
		return 0;
	if (watched[0].revents != 0 && read(host->timer, &ticks, sizeof ticks) > 0)
		wake |= WAKE_TIME;
	if (watched[1].revents != 0)
		wake |= read_signals(host, end);
	if (host->channel >= 0 && watched[2].revents != 0)
		wake |= read_channel(host);
	return wake;
}

void guard_host_ask_worker(struct guard_host *host)
{
	if (host->worker > 0)
		(void)kill(host->worker, SIGTERM);
}

void guard_host_kill_worker(struct guard_host *host)
{
	if (host->worker > 0)
		(void)kill(host->worker, SIGKILL);
}

void guard_host_say(const char *line)
{
	struct pollfd out = {STDERR_FILENO, POLLOUT, 0};
	char text[512];
	int length = snprintf(text, sizeof text, "%s\n", line);
	if (length > 0 && poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0) {
		size_t size = (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
		ssize_t ignored = write(STDERR_FILENO, text, size);
		(void)ignored;
	}
}

/* A group's number is not given to others while the group has members, so it is this child's if its
 * leader is this child, or gone. */
bool guard_host_strike(const struct child_id *id)
{
	struct process leader;
	bool group_gone = childgroup_is_empty(id->group);
	if (!group_gone)
		childgroup_kill(id->group);
	bool has_leader = procfs_look(id->pid, &leader);
	if (has_leader && leader.started != id->started)
		return group_gone; /* the number is somebody else's by now */
	bool signalled = kill(-(pid_t)id->pid, SIGKILL) == 0;
	if (has_leader && leader.state != 'Z') {
		procfs_kill(&leader);
		return false;
	}
	return group_gone && (!signalled || !procfs_session_lives(id->pid));
}

bool guard_channel_open(int *fd)
{
	const char *text = getenv(CHANNEL_NAME);
	char *rest = NULL;
	if (text == NULL)
		return false;
	long number = strtol(text, &rest, 10);
	bool sound = rest != text && *rest == '\0' && number > 2 && number < 1024;
	(void)unsetenv(CHANNEL_NAME);
	if (!sound)
		return false;
	*fd = (int)number;
	return true;
}

void guard_channel_ready(int fd)
{
	(void)send(fd, "r", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}
