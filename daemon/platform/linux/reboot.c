/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reboot(2), and the magic key of the kernel where that hangs. What may block is done by a child,
 * which inherits nothing but one end of a pipe: it holds up neither this process, nor the
 * watchdog, nor a lock.
 */
#include "daemon/platform/reboot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/file.h"

enum { REPLY_FD = 3, DESCRIPTORS = 1024, REBOOT_MS = 1000, NS_PER_MS = 1000000 };

/* The descriptors of the parent would live on with a child that hangs. */
static void close_all_but_reply(void)
{
	if (syscall(SYS_close_range, REPLY_FD + 1, ~0U, 0U) == 0)
		return;
	for (int fd = REPLY_FD + 1; fd < DESCRIPTORS; fd++) /* before Linux 5.9 */
		close(fd);
}

/* Has `work` done by a child and waits for its error number. CODE_TIMEOUT: it goes on. */
static enum code delegate(int (*work)(const void *what), const void *what, struct span limit,
                          int *reason)
{
	int ends[2], answer = 0;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		*reason = errno;
		return CODE_SYSTEM;
	}
	pid_t child = fork();
	if (child == 0) {
		int failed = dup2(ends[1], REPLY_FD) < 0 ? errno : 0;
		close_all_but_reply();
		failed = failed != 0 ? failed : work(what);
		_exit(write(REPLY_FD, &failed, sizeof failed) == (ssize_t)sizeof failed ? 0 : 1);
	}
	*reason = child < 0 ? errno : 0;
	close(ends[1]);
	struct pollfd reply = {.fd = ends[0], .events = POLLIN};
	bool told = child > 0 && poll(&reply, 1, (int)(limit.ns / NS_PER_MS)) == 1;
	if (told && read(ends[0], &answer, sizeof answer) != (ssize_t)sizeof answer)
		answer = ECHILD;
	close(ends[0]);
	if (told) {
		(void)waitpid(child, NULL, 0);
		*reason = answer;
	}
	if (child < 0)
		return CODE_SYSTEM;
	return !told ? CODE_TIMEOUT : answer != 0 ? CODE_SYSTEM : CODE_OK;
}

struct words {
	const char *path, *text;
};

static int write_words(const void *what)
{
	const struct words *words = what;
	size_t length = strlen(words->text);
	int fd = open(words->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno;
	file_keep_owner(fd, words->path);
	ssize_t written = write(fd, words->text, length);
	if (written != (ssize_t)length)
		return written < 0 ? errno : ENOSPC;
	return fsync(fd) == 0 ? 0 : errno;
}

enum code platform_last_words(const char *path, const char *text, struct span limit,
                              struct error *error)
{
	const struct words words = {path, text};
	int reason = 0;
	enum code code = delegate(write_words, &words, limit, &reason);
	if (code == CODE_OK)
		return CODE_OK;
	if (code == CODE_TIMEOUT)
		return error_set(error, code, "%s: the disk does not answer", path);
	if (reason == EACCES || reason == EPERM || reason == EROFS)
		code = CODE_DENIED;
	return error_set(error, code, "%s: %s", path, strerror(reason));
}

static int reboot_orderly(const void *what)
{
	(void)what;
	return reboot(RB_AUTOBOOT) == 0 ? 0 : errno;
}

/* In a container the key would reset the host below it. */
static bool is_container(void)
{
	static const char initial[] = "pid:[4026531836]";
	char name[sizeof initial + 16] = "";
	ssize_t length = readlink("/proc/self/ns/pid", name, sizeof name - 1);
	return length < 0 || strcmp(name, initial) != 0;
}

static bool press_key(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool pressed = write(fd, "b", 1) == 1;
	close(fd);
	return pressed;
}

enum code platform_reboot_now(struct error *error)
{
	int reason = 0;
	enum code code = delegate(reboot_orderly, NULL, span_ms(REBOOT_MS), &reason);
	if (code == CODE_SYSTEM && reason != EPERM)
		reason = reboot_orderly(NULL); /* no child could be made */
	if (!is_container() && press_key())
		return CODE_OK;
	if (code == CODE_TIMEOUT)
		return error_set(error, CODE_SYSTEM,
		                 "this host was told to reboot and does not, and "
		                 "/proc/sysrq-trigger cannot be written");
	return error_set(error, reason == EPERM ? CODE_DENIED : CODE_SYSTEM,
	                 "this host cannot be rebooted: %s%s", strerror(reason),
	                 reason == EPERM ? " (the daemon needs CAP_SYS_BOOT)" : "");
}
