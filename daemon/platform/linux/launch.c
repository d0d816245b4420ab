/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens in a new process between fork and exec. The daemon has threads, so nothing here may
 * allocate, lock or print.
 */
#include "daemon/platform/linux/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/platform/linux/childgroup.h"
#include "daemon/platform/linux/hold.h"

enum stage { STAGE_SESSION, STAGE_INPUT, STAGE_USER, STAGE_RIGHTS, STAGE_DIRECTORY, STAGE_PROGRAM };

enum { SIGNALS = 64, EXIT_NOT_RUN = 127, SAFE_FD = 10, CLOSE_ON_EXEC = 1 << 2 };

void launch_prepare(struct launch *launch, const struct command *command)
{
	const char *word = command->words;
	for (unsigned i = 0; i < command->word_count; i++) {
		launch->words[i] = word;
		word += strlen(word) + 1;
	}
	launch->words[command->word_count] = NULL;
}

_Noreturn static void give_up(const struct launch *launch, enum stage stage)
{
	struct launch_failure failure = {.stage = (int)stage, .reason = errno};
	send(launch->channel, &failure, sizeof failure, MSG_NOSIGNAL);
	_exit(EXIT_NOT_RUN);
}

/* A program expects signals as its parents left them before any daemon touched them. */
static void reset_signals(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	for (int number = 1; number <= SIGNALS; number++)
		sigaction(number, &standard, NULL); /* fails for those that cannot be changed */
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void connect_standard(const struct launch *launch)
{
	/* Out of the way first: the daemon may have been started with 0, 1 or 2 closed. */
	int input = fcntl(launch->input, F_DUPFD_CLOEXEC, SAFE_FD);
	int output = fcntl(launch->output, F_DUPFD_CLOEXEC, SAFE_FD);
	if (input < 0 || output < 0 || dup2(input, STDIN_FILENO) < 0 ||
	    dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
		give_up(launch, STAGE_INPUT);
}

static void become_user(const struct launch *launch)
{
	const struct user *user = launch->user;
	if (user == NULL)
		return;
	gid_t groups[PEER_GROUPS_MAX];
	for (uint32_t i = 0; i < user->group_count; i++)
		groups[i] = user->groups[i];
	if (setgroups(user->group_count, groups) != 0 || setgid(user->group) != 0 ||
	    setuid(user->id) != 0)
		give_up(launch, STAGE_USER);
}

/* A daemon that is not root has its rights in the ambient set, which every program it starts would
 * inherit; a change from one user to another that are both not root leaves them as they are. What
 * was locked in memory, and what was inheritable and is not any more, ends with exec. */
static void drop_rights(const struct launch *launch)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	const struct sched_param ordinary = {.sched_priority = 0};
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
	    syscall(SYS_capget, &header, sets) != 0)
		give_up(launch, STAGE_RIGHTS);
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		sets[i].inheritable = 0;
	if (syscall(SYS_capset, &header, sets) != 0)
		give_up(launch, STAGE_RIGHTS);
	/* Being before everybody else is the guard's and the worker's. */
	if (sched_getscheduler(0) != SCHED_OTHER &&
	    sched_setscheduler(0, SCHED_OTHER, &ordinary) != 0)
		give_up(launch, STAGE_RIGHTS);
}

/* The daemon's own limit for computing before everybody else. */
static void lift_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_RTTIME, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_RTTIME, &limit);
}

/* Being the last to be ended where memory runs out is theirs, too (platform_hold_life). Who may not
 * be looked at owns none of its files in /proc; the secrets, for which that was so, are not in this
 * process (platform_keep_from_children). Fails silently: then it is spared longer than others. */
static void be_first_to_end(void)
{
	char score[sizeof HOLD_LIFE_SCORE] = "";
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
		return;
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, score, sizeof score - 1) == sizeof score - 1 &&
	    memcmp(score, HOLD_LIFE_SCORE, sizeof score) == 0)
		(void)!pwrite(fd, "0", 1, 0);
	(void)close(fd);
}

static void wait_for_go(const struct launch *launch)
{
	char go;
	ssize_t got;
	do
		got = read(launch->channel, &go, 1);
	while (got < 0 && errno == EINTR);
	if (got != 1)
		_exit(EXIT_NOT_RUN); /* the daemon is gone: nobody would look after this process */
}

_Noreturn void launch_run(const struct launch *launch)
{
	struct launch moved = *launch;
	reset_signals();
	/* Ours of its end must close, or the daemon's death would go unnoticed. */
	close(launch->parents_channel);
	moved.channel = fcntl(launch->channel, F_DUPFD_CLOEXEC, SAFE_FD);
	if (moved.channel < 0)
		_exit(EXIT_NOT_RUN);
	if (setsid() < 0)
		give_up(&moved, STAGE_SESSION);
	/* Without the group it is found by its session all the same. */
	childgroup_join(launch->group);
	connect_standard(&moved);
	wait_for_go(&moved);
	umask(022);
	lift_limit();
	be_first_to_end();
	become_user(&moved);
	drop_rights(&moved);
	if (chdir(launch->directory[0] == '\0' ? "/" : launch->directory) != 0)
		give_up(&moved, STAGE_DIRECTORY);
	/* Ours are all close-on-exec; this is for those the daemon itself inherited. */
	syscall(SYS_close_range, 3U, ~0U, CLOSE_ON_EXEC);
	execve(launch->words[0], (char *const *)launch->words, (char *const *)launch->environment);
	give_up(&moved, STAGE_PROGRAM);
}

void launch_failure_text(const struct launch_failure *failure, const char *program, char *out,
                         size_t size)
{
	static const char *const doing[] = {
	    [STAGE_SESSION] = "start a session for",
	    [STAGE_INPUT] = "connect input and output of",
	    [STAGE_USER] = "change the user for",
	    [STAGE_RIGHTS] = "drop the rights of this daemon for",
	    [STAGE_DIRECTORY] = "change to the directory of",
	    [STAGE_PROGRAM] = "run",
	};
	unsigned stage = (unsigned)failure->stage;
	const char *text = stage < sizeof doing / sizeof doing[0] ? doing[stage] : "start";
	snprintf(out, size, "cannot %s %s: %s", text, program, strerror(failure->reason));
}
