/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What /proc tells about a process, and killing one that was looked at. A pid alone is never
 * trusted.
 */
#include "daemon/platform/linux/procfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME_BYTES = 24, STAT_BYTES = 1024, ENVIRONMENT_BYTES = 65536, PATH_BYTES = 64 };

static ssize_t read_file(int64_t pid, const char *name, char *text, size_t size)
{
	char path[PATH_BYTES];
	snprintf(path, sizeof path, "/proc/%" PRId64 "/%s", pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size_t length = 0;
	ssize_t got = 1;
	while (got > 0 && length < size - 1) {
		got = read(fd, text + length, size - 1 - length);
		length += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	text[length] = '\0';
	return got < 0 ? -1 : (ssize_t)length;
}

bool procfs_look(int64_t pid, struct process *process)
{
	char text[STAT_BYTES];
	struct process seen = {.pid = pid};
	if (read_file(pid, "stat", text, sizeof text) <= 0)
		return false;
	/* "pid (name) state parent group session ... started(22) ..."; a name may contain anything.
	 */
	const char *rest = strrchr(text, ')');
	if (rest == NULL || sscanf(rest,
	                           ") %c %*d %*d %" SCNd64
	                           " %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
	                           "%*d %" SCNu64,
	                           &seen.state, &seen.session, &seen.started) != 3)
		return false;
	*process = seen;
	return true;
}

void procfs_describe(uint32_t pid, char *text, size_t size)
{
	char name[NAME_BYTES];
	ssize_t length = pid > 0 ? read_file(pid, "comm", name, sizeof name) : 0;
	text[0] = '\0';
	if (pid == 0 || pid > INT32_MAX)
		return;
	if (length > 0)
		name[strcspn(name, "\n")] = '\0';
	/* A process may call itself anything. */
	for (ssize_t i = 0; i < length && name[i] != '\0'; i++)
		name[i] = name[i] < ' ' || name[i] > '~' ? '?' : name[i];
	(void)snprintf(text, size, length > 0 ? "process %" PRIu32 " (%s)" : "process %" PRIu32,
	               pid, length > 0 ? name : "");
}

bool procfs_session_lives(int64_t session)
{
	DIR *all = opendir("/proc");
	if (all == NULL)
		return true; /* nothing is known */
	bool lives = false;
	for (const struct dirent *entry = readdir(all); entry != NULL && !lives;
	     entry = readdir(all)) {
		struct process process;
		int64_t pid = strtoll(entry->d_name, NULL, 10);
		/* getsid is a thousand times cheaper than reading a file, and there may be
		 * thousands. */
		if (pid > 1 && getsid((pid_t)pid) == session)
			lives = procfs_look(pid, &process) && process.state != 'Z' &&
			        process.state != 'X';
	}
	closedir(all);
	return lives;
}

bool procfs_has_word(int64_t pid, const char *word)
{
	char *text = malloc(ENVIRONMENT_BYTES);
	if (text == NULL)
		return false;
	ssize_t length = read_file(pid, "environ", text, ENVIRONMENT_BYTES);
	bool found = false;
	for (ssize_t at = 0; at < length && !found; at += (ssize_t)strlen(text + at) + 1)
		found = strcmp(text + at, word) == 0;
	free(text);
	return found;
}

int procfs_open(int64_t pid)
{
	return (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
}

bool procfs_session_is(int64_t session, const char *word)
{
	unsigned with = 0, without = 0;
	DIR *all = opendir("/proc");
	if (all == NULL)
		return false;
	for (const struct dirent *entry = readdir(all); entry != NULL; entry = readdir(all)) {
		struct process process;
		int64_t pid = strtoll(entry->d_name, NULL, 10);
		if (pid <= 1 || getsid((pid_t)pid) != session || !procfs_look(pid, &process) ||
		    process.state == 'Z')
			continue;
		if (procfs_has_word(pid, word))
			with++;
		else
			without++;
	}
	closedir(all);
	return with > 0 && without == 0;
}

void procfs_kill(const struct process *process)
{
	int fd = procfs_open(process->pid);
	if (fd < 0)
		return;
	struct process now;
	if (procfs_look(process->pid, &now) && now.started == process->started)
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	close(fd);
}
