/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine around a scenario. A failure is said, and the test that waits for more fails by it.
 */
#include "tests/vm/box.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/platform/platform.h"

enum { LINE_BYTES = 1024, NS_PER_MS = 1000000 };

void box_say(const char *format, ...)
{
	char line[LINE_BYTES];
	int used =
	    snprintf(line, sizeof line, "guest %lld ", (long long)(platform_now().ns / NS_PER_MS));
	va_list args;
	va_start(args, format);
	int length = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, args);
	va_end(args);
	used += length < 0 ? 0 : length;
	line[used++] = '\n';
	/* At once, so that lines of several processes do not mix. */
	if (write(STDOUT_FILENO, line, (size_t)used) != used)
		_exit(1);
}

void box_mount(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	if (mount("proc", "/proc", "proc", 0, "") != 0 ||
	    mount("sysfs", "/sys", "sysfs", 0, "") != 0)
		box_say("failed: cannot mount");
	/* The kernel may have mounted it already. */
	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
}

static void load_module(const char *path, const char *parameters)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0) != 0)
		box_say("failed: cannot load %s", path);
	close(fd);
}

void box_load(const char *parameters)
{
	load_module("/watchdog.ko", "");
	load_module("/i6300esb.ko", parameters);
	while (access("/dev/watchdog", F_OK) != 0)
		poll(NULL, 0, 1);
}

void box_word(const char *name, char word[BOX_WORD_BYTES])
{
	char line[LINE_BYTES];
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, line, sizeof line - 1);
	close(fd);
	line[length < 0 ? 0 : length] = '\0';
	const char *found = strstr(line, name);
	found = found == NULL ? "" : found + strlen(name);
	snprintf(word, BOX_WORD_BYTES, "%.*s", (int)strcspn(found, " \n"), found);
}
