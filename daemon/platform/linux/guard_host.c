/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard's hold on Linux: locked memory, real-time priority, a subreaper, descriptors for time,
 * signals and the worker's end.
 */
#include "daemon/platform/guard_host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/platform/linux/childgroup.h"
#include "daemon/platform/linux/guard_channel.h"
#include "daemon/platform/linux/procfs.h"
#include "daemon/platform/self.h"

/* What the service manager told the guard is not for the worker, let alone for services. */
static const char *const MANAGER_NAMES[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
enum {
	MANAGER_NAMES_COUNT = sizeof MANAGER_NAMES / sizeof MANAGER_NAMES[0],
	EXIT_NOT_RUN = 127,
	/* Something that should not fail fails: not again and again, before everybody else. */
	FAILED_PAUSE_NS = 5000000,
};

struct guard_host {
	int timer;
	int signals;
	int channel;  /* our end; -1: no worker */
	pid_t worker; /* 0: none */
	bool ready;
	int manager; /* connected to the service manager; -1: there is none */
	struct span manager_interval;
	char program[PATH_MAX]; /* the file this program was started from */
};

static void lack(char *lacking, size_t size, const char *what)
{
	size_t used = strlen(lacking);
	(void)snprintf(lacking + used, size - used, "%s%s", used == 0 ? "" : "; ", what);
}

static void harden(char *lacking, size_t size)
{
	struct error error;
	lacking[0] = '\0';
	if (platform_hold_memory(&error) != CODE_OK)
		lack(lacking, size, error.text);
	if (platform_hold_processor(HOLD_GUARD, &error) != CODE_OK)
		lack(lacking, size, error.text);
	platform_hold_life();
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		lack(lacking, size, "orphans do not fall to it");
}

/* The protocol of sd_notify(3): datagrams to a socket whose name is in the environment. */
static int connect_manager(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = name == NULL ? 0 : strlen(name);
	if (length < 2 || length >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, size) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A third of what the manager waits, so that two lost words do no harm. */
static struct span manager_interval(void)
{
	const char *text = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	if (text == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return (struct span){0};
	return (struct span){(int64_t)(strtoull(text, NULL, 10) / 3 * 1000)};
}

static enum code open_descriptors(struct guard_host *host, struct error *error)
{
	sigset_t watched;
	sigemptyset(&watched);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGHUP);
	sigaddset(&watched, SIGCHLD);
	sigprocmask(SIG_BLOCK, &watched, NULL);
	signal(SIGPIPE, SIG_IGN);
	host->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	host->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	host->manager = connect_manager();
	host->manager_interval = manager_interval();
	if (host->timer < 0 || host->signals < 0 || !guard_channel_program(host->program))
		return error_set(error, CODE_SYSTEM, "guard: %s", strerror(errno));
	return CODE_OK;
}

enum code guard_host_open(struct guard_host **host, char *lacking, size_t size, struct error *error)
{
	struct guard_host *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	made->channel = -1;
	enum code code = open_descriptors(made, error);
	if (code != CODE_OK) {
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
	if (host->manager >= 0)
		close(host->manager);
	free(host);
}

/* The lock that says that a guard lives is this process's, too, until exec closes it: it must not
 * outlive the guard. */
static void wait_for_go(int channel)
{
	char go;
	ssize_t got;
	do
		got = recv(channel, &go, 1, 0);
	while (got < 0 && errno == EINTR);
	if (got != 1)
		_exit(EXIT_NOT_RUN);
}

static void become_worker(const struct guard_host *host, int channel, char *const argv[])
{
	char number[16];
	guard_channel_unblock_signals();
	wait_for_go(channel);
	for (size_t i = 0; i < MANAGER_NAMES_COUNT; i++)
		(void)unsetenv(MANAGER_NAMES[i]);
	(void)snprintf(number, sizeof number, "%d", channel);
	(void)setenv(GUARD_CHANNEL_NAME, number, 1);
	if (host->manager >= 0)
		(void)setenv(GUARD_MANAGED_NAME, "1", 1);
	/* Not the file: after an upgrade that would be another program than its guard. */
	execv("/proc/self/exe", argv);
	_exit(EXIT_NOT_RUN);
}

enum code guard_host_spawn(struct guard_host *host, char *const argv[], struct worker_id *worker,
                           struct error *error)
{
	int ends[2];
	struct process facts = {0};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
		return error_set(error, CODE_SYSTEM, "guard: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		become_worker(host, ends[1], argv);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return error_set(error, CODE_SYSTEM, "guard: no new process: %s", strerror(errno));
	}
	if (host->channel >= 0)
		close(host->channel);
	(void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	host->channel = ends[0];
	host->worker = pid;
	host->ready = false;
	/* Not collected before guard_host_wait: it is there, dead or alive. */
	(void)procfs_look(pid, &facts);
	*worker = (struct worker_id){pid, facts.started};
	return CODE_OK;
}

void guard_host_go(struct guard_host *host)
{
	(void)send(host->channel, "g", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
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
		if (info.ssi_signo == SIGHUP)
			wake |= WAKE_HANGUP;
		else if (info.ssi_signo != SIGCHLD)
			wake |= WAKE_ASKED_TO_END;
	return wake | collect(host, end);
}

/* All of it: what the worker said last must be known when its end is. */
static unsigned read_channel(struct guard_host *host)
{
	char word;
	ssize_t got;
	unsigned wake = 0;
	while ((got = recv(host->channel, &word, 1, MSG_DONTWAIT)) == 1) {
		if (word == GUARD_WORD_REPLACE)
			wake |= WAKE_WORKER_REPLACE;
		if (word != GUARD_WORD_READY || host->ready)
			continue; /* GUARD_WORD_LOOK: to be awake is all it takes */
		host->ready = true;
		wake |= WAKE_WORKER_READY;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return wake;
	/* The worker is gone; its signal tells how. */
	close(host->channel);
	host->channel = -1;
	return wake;
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
	if (poll(watched, host->channel < 0 ? 2 : 3, -1) < 0) {
		(void)nanosleep(&(struct timespec){.tv_nsec = FAILED_PAUSE_NS}, NULL);
		return 0;
	}
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

/* Only then its sockets are closed: a process whose first thread is dead may have another one that
 * is on its way out and holds them. */
static bool every_thread_ended(int64_t pid)
{
	struct pollfd end = {procfs_open(pid), POLLIN, 0};
	bool ended = end.fd < 0 || poll(&end, 1, 0) == 1;
	if (end.fd >= 0)
		close(end.fd);
	return ended;
}

/* A zombie, too. */
static bool find_worker(const struct worker_id *worker, struct process *facts)
{
	return worker->pid > 1 && procfs_look(worker->pid, facts) &&
	       facts->started == worker->started;
}

bool guard_host_worker_lives(const struct worker_id *worker)
{
	struct process facts;
	return find_worker(worker, &facts) &&
	       (facts.state != 'Z' || !every_thread_ended(worker->pid));
}

bool guard_host_end_orphan(const struct worker_id *worker)
{
	struct process facts;
	if (!find_worker(worker, &facts))
		return true;
	if (facts.state == 'Z')
		return every_thread_ended(worker->pid);
	procfs_kill(&facts);
	return false;
}

enum code guard_host_become(struct guard_host *host, char *const argv[], struct error *error)
{
	/* Signals stay blocked and wait for the new program. */
	execv(host->program, argv);
	return error_set(error, CODE_SYSTEM, "guard: %s: %s", host->program, strerror(errno));
}

void guard_host_tell_manager(struct guard_host *host, const char *text)
{
	if (host->manager >= 0)
		(void)send(host->manager, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
}

struct span guard_host_manager_interval(const struct guard_host *host)
{
	return host->manager < 0 ? (struct span){0} : host->manager_interval;
}

void guard_host_say(const char *text, size_t length)
{
	struct pollfd out = {STDERR_FILENO, POLLOUT, 0};
	if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0) {
		ssize_t ignored = write(STDERR_FILENO, text, length);
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
	/* Of another user, and not killed for lack of the right to: it lives, and must not be taken
	 * for gone. */
	bool signalled = kill(-(pid_t)id->pid, SIGKILL) == 0 || errno == EPERM;
	if (has_leader && leader.state != 'Z') {
		procfs_kill(&leader);
		return false;
	}
	return group_gone && (!signalled || !procfs_session_lives(id->pid));
}
