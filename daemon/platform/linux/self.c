/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This process on Linux: prctl, and a lock of the open file description, which the kernel drops
 * when the process is gone, however it ended, and which can be asked about without taking it.
 */
#include "daemon/platform/self.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "daemon/file.h"

enum code platform_open_standard(struct error *error)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		/* The lowest free number is this one: those below are open. */
		if (open("/dev/null", O_RDWR) != fd)
			return error_set(error, CODE_SYSTEM,
			                 "descriptor %d is closed, and /dev/null does not open: %s",
			                 fd, strerror(errno));
	}
	return CODE_OK;
}

void platform_no_core_dumps(void)
{
	/* Not the resource limit, which the services would inherit. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void platform_keep_from_children(void *bytes, size_t size)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)bytes / page * page;
	uintptr_t to = ((uintptr_t)bytes + size + page - 1) / page * page;

	(void)madvise((void *)from, to - from, MADV_WIPEONFORK);
}

uint32_t platform_own_user(void)
{
	return (uint32_t)geteuid();
}

/* What the one who has the lock wrote into it; 0 when it cannot be read. */
static long holder_of(int fd)
{
	char text[24] = "";
	long pid = 0;

	if (pread(fd, text, sizeof text - 1, 0) > 0 && sscanf(text, "%ld", &pid) != 1)
		pid = 0;
	return pid;
}

static enum code taken(int fd, const char *path, struct error *error)
{
	return error_set(error, CODE_EXISTS, "a failoverd runs already (process %ld has %s)",
	                 holder_of(fd), path);
}

static enum code failed(const char *path, const char *what, struct error *error)
{
	return error_set(error, errno == EACCES ? CODE_DENIED : CODE_SYSTEM, "%s: %s: %s", path,
	                 what, strerror(errno));
}

enum code platform_lock(const char *path, int *fd, struct error *error)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char text[24];
	int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (opened < 0)
		return failed(path, "open", error);
	file_keep_owner(opened, path);
	if (fcntl(opened, F_OFD_SETLK, &whole) != 0) {
		enum code code = errno == EAGAIN || errno == EACCES ? taken(opened, path, error)
		                                                    : failed(path, "lock", error);
		(void)close(opened);
		return code;
	}
	/* The number is for people; the lock holds without it. */
	if (ftruncate(opened, 0) != 0 || write(opened, text, (size_t)length) != length)
		(void)lseek(opened, 0, SEEK_SET);
	*fd = opened;
	return CODE_OK;
}

enum code platform_check_lock(const char *path, struct error *error)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	enum code code = CODE_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return CODE_OK;
	if (fd < 0)
		return failed(path, "open", error);
	if (fcntl(fd, F_OFD_GETLK, &whole) != 0)
		code = failed(path, "lock", error);
	else if (whole.l_type != F_UNLCK)
		code = taken(fd, path, error);
	(void)close(fd);
	return code;
}

int64_t platform_lock_holder(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	long pid = fd < 0 ? 0 : holder_of(fd);

	if (fd >= 0)
		(void)close(fd);
	return pid > 0 ? pid : -1;
}
