/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups of children. A child's group is made below the daemon's own: on a host with
 * systemd that is the unit's, so that the unit's limits go on to hold.
 */
#include "daemon/platform/linux/childgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/platform/platform.h"

enum { LINE_BYTES = 1024 };

/* "0::/path" in /proc/self/cgroup */
static bool own_group(char path[LINE_BYTES])
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[LINE_BYTES];
	bool found = false;
	while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		found = strncmp(line, "0::/", 4) == 0;
	}
	if (file != NULL)
		fclose(file);
	if (found)
		snprintf(path, LINE_BYTES, "%s", line + 3);
	return found;
}

/* "36 35 98:0 /root /mount options - cgroup2 source options" */
static bool mount_point(char root[LINE_BYTES], char mount[LINE_BYTES])
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[LINE_BYTES];
	bool found = false;
	while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
		found = strstr(line, " - cgroup2 ") != NULL &&
		        sscanf(line, "%*d %*d %*s %1023s %1023s", root, mount) == 2;
	}
	if (file != NULL)
		fclose(file);
	return found;
}

/* The daemon's own group as a directory. */
static bool own_directory(char path[LINE_BYTES])
{
	char own[LINE_BYTES], root[LINE_BYTES], mount[LINE_BYTES];
	if (!own_group(own) || !mount_point(root, mount))
		return false;
	const char *below = own;
	if (strcmp(root, "/") != 0) {
		/* In a container only a part of the hierarchy is mounted. */
		size_t length = strlen(root);
		if (strncmp(own, root, length) != 0)
			return false;
		below = own + length;
	}
	const char *end = strcmp(below, "/") == 0 ? "" : below;
	int length = snprintf(path, LINE_BYTES, "%s%s", mount, end);
	return length > 0 && length < LINE_BYTES;
}

void childgroup_make(const char *name, char path[CHILD_GROUP_BYTES])
{
	char directory[LINE_BYTES];
	path[0] = '\0';
	if (!own_directory(directory))
		return;
	char made[CHILD_GROUP_BYTES];
	int length = snprintf(made, sizeof made, "%s/failoverd.%s.%d.%" PRIx64, directory, name,
	                      (int)getpid(), (uint64_t)platform_now().ns);
	if (length <= 0 || (size_t)length >= sizeof made || mkdir(made, 0755) != 0)
		return;
	memcpy(path, made, (size_t)length + 1);
}

bool childgroup_is_possible(void)
{
	char path[CHILD_GROUP_BYTES];
	childgroup_make("check", path);
	childgroup_remove(path);
	return path[0] != '\0';
}

static int open_in(const char *path, const char *file, int flags)
{
	char full[CHILD_GROUP_BYTES + 32];
	/* No snprintf: also called between fork and exec. */
	size_t length = strlen(path), extra = strlen(file);
	if (length == 0 || length + extra + 2 > sizeof full)
		return -1;
	memcpy(full, path, length);
	full[length] = '/';
	memcpy(full + length + 1, file, extra + 1);
	return open(full, flags | O_CLOEXEC);
}

static bool write_in(const char *path, const char *file, const char *text)
{
	int fd = open_in(path, file, O_WRONLY);
	if (fd < 0)
		return false;
	bool done = write(fd, text, strlen(text)) > 0;
	close(fd);
	return done;
}

bool childgroup_join(const char *path)
{
	return write_in(path, "cgroup.procs", "0");
}

bool childgroup_is_empty(const char *path)
{
	if (path[0] == '\0')
		return true;
	int fd = open_in(path, "cgroup.events", O_RDONLY);
	if (fd < 0)
		return errno == ENOENT; /* anything else says nothing about the processes */
	char text[256];
	ssize_t length = read(fd, text, sizeof text - 1);
	close(fd);
	if (length < 0)
		return errno == ENODEV;
	text[length] = '\0';
	return strstr(text, "populated 0") != NULL;
}

/* Kernels before 5.14. A process that forks meanwhile is caught by the next call. */
static void kill_each(const char *path)
{
	int fd = open_in(path, "cgroup.procs", O_RDONLY);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[32];
	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		long pid = strtol(line, NULL, 10);
		if (pid > 1)
			kill((pid_t)pid, SIGKILL);
	}
	if (file != NULL)
		fclose(file);
	else if (fd >= 0)
		close(fd);
}

void childgroup_kill(const char *path)
{
	if (path[0] != '\0' && !write_in(path, "cgroup.kill", "1"))
		kill_each(path);
}

void childgroup_remove(const char *path)
{
	if (path[0] != '\0')
		rmdir(path);
}
