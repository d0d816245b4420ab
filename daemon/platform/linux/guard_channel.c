/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's end of the connection to the guard, and how a program is started from its file.
 */
#include "daemon/platform/linux/guard_channel.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/platform/guard_host.h"

/* The file may be replaced while this process runs: then its name has an ending. */
bool guard_channel_program(char path[PATH_MAX])
{
	static const char ENDING[] = " (deleted)";
	assert(path != NULL);
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	if (length <= 0)
		return false;
	path[length] = '\0';
	char *ending = strstr(path, ENDING);
	if (ending != NULL && ending[sizeof ENDING - 1] == '\0')
		*ending = '\0';
	return true;
}

/* The mask is made empty rather than what it was: a program that this one became has it from there
 * full. */
void guard_channel_unblock_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

bool guard_channel_open(int *fd, bool *is_managed)
{
	const char *text = getenv(GUARD_CHANNEL_NAME);
	char *rest = NULL;
	*is_managed = getenv(GUARD_MANAGED_NAME) != NULL;
	if (text == NULL)
		return false;
	long number = strtol(text, &rest, 10);
	bool sound = rest != text && *rest == '\0' && number > 2 && number < 1024;
	/* Not the name of the link through which it was started. */
	(void)prctl(PR_SET_NAME, "failoverd", 0, 0, 0);
	/* Neither name is for what this process starts. */
	(void)unsetenv(GUARD_CHANNEL_NAME);
	(void)unsetenv(GUARD_MANAGED_NAME);
	if (!sound || fcntl((int)number, F_SETFD, FD_CLOEXEC) != 0)
		return false;
	*fd = (int)number;
	return true;
}

void guard_channel_ready(int fd)
{
	(void)send(fd, &GUARD_WORD_READY, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void guard_channel_wake(int fd)
{
	(void)send(fd, &GUARD_WORD_LOOK, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void guard_channel_replace(int fd)
{
	(void)send(fd, &GUARD_WORD_REPLACE, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool guard_channel_is_dead(int fd)
{
	char word;
	ssize_t got = recv(fd, &word, 1, MSG_DONTWAIT);
	return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

enum code guard_channel_revive(char *const argv[], int64_t *pid, struct error *error)
{
	char program[PATH_MAX];
	if (!guard_channel_program(program))
		return error_set(error, CODE_SYSTEM, "guard: %s", strerror(errno));
	pid_t made = fork();
	if (made == 0) {
		guard_channel_unblock_signals();
		execv(program, argv);
		_exit(127);
	}
	if (made < 0)
		return error_set(error, CODE_SYSTEM, "guard: no new process: %s", strerror(errno));
	*pid = made;
	return CODE_OK;
}

bool guard_channel_collect(int64_t pid)
{
	return waitpid((pid_t)pid, NULL, WNOHANG) == (pid_t)pid;
}
