/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One program, its output, its end.
 */
#include "daemon/platform/linux/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Of systemctl about some 1,000 units; what is beyond is not looked at. */
enum { ANSWER_BYTES = 1024 * 1024 };

/* True: it came to its end. */
static bool read_answer(int fd, int patience, char *text)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	size_t length = 0;
	ssize_t got = -1;
	text[0] = '\0';
	while (length + 1 < ANSWER_BYTES && poll(&wait, 1, patience * 1000) == 1) {
		got = read(fd, text + length, ANSWER_BYTES - 1 - length);
		if (got <= 0)
			break;
		length += (size_t)got;
		text[length] = '\0';
	}
	return got == 0;
}

static bool start(const char *const *words, int output, bool has_errors, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return false;
	const bool is_made =
	    posix_spawn_file_actions_adddup2(&actions, output, 1) == 0 &&
	    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
	    (has_errors ||
	     posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) == 0) &&
	    posix_spawnp(child, words[0], &actions, NULL, (char *const *)(uintptr_t)words,
	                 environ) == 0;
	(void)posix_spawn_file_actions_destroy(&actions);
	return is_made;
}

static int code_of(pid_t child)
{
	int status = 0;
	while (waitpid(child, &status, 0) != child)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

char *ask(const char *const *words, int patience, int *code)
{
	int ends[2], ended = -1;
	pid_t child;
	char *text = calloc(1, ANSWER_BYTES);
	if (text == NULL || pipe2(ends, O_CLOEXEC) != 0) {
		free(text);
		return NULL;
	}
	const bool has_started = start(words, ends[1], code != NULL, &child);
	(void)close(ends[1]);
	if (has_started) {
		if (!read_answer(ends[0], patience, text))
			(void)kill(child, SIGKILL);
		ended = code_of(child);
	}
	(void)close(ends[0]);
	if (code != NULL)
		*code = ended;
	if (text[0] != '\0')
		return text;
	free(text);
	return NULL;
}
