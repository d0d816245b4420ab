/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole small files through libuv's synchronous calls, which are the same on every system. Each
 * sentence names the file and the reason of the operating system.
 */
#include "daemon/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "daemon/platform/self.h"

/* The code that fits a libuv error best. */
static enum code code_of(int failed)
{
	static const struct {
		int uv;
		enum code code;
	} codes[] = {
	    {UV_ENOENT, CODE_NOT_FOUND}, {UV_EEXIST, CODE_EXISTS}, {UV_EACCES, CODE_DENIED},
	    {UV_EPERM, CODE_DENIED},     {UV_EROFS, CODE_DENIED},
	};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		if (codes[i].uv == failed)
			return codes[i].code;
	}
	return CODE_SYSTEM;
}

static enum code fail(struct error *error, const char *path, const char *what, int failed)
{
	return error_set(error, code_of(failed), "%s: %s: %s", path, what, uv_strerror(failed));
}

enum code file_path(char path[FILE_PATH_BYTES], const char *directory, const char *name,
                    struct error *error)
{
	int length = snprintf(path, FILE_PATH_BYTES, "%s/%s", directory, name);

	if (length < 0 || length >= FILE_PATH_BYTES)
		return error_set(error, CODE_TOO_LARGE,
		                 "%s: the path is too long; at most %d characters are possible",
		                 directory, FILE_PATH_BYTES - (int)strlen(name) - 2);
	return CODE_OK;
}

static int open_file(const char *path, int flags, int mode)
{
	uv_fs_t request;
	int opened = uv_fs_open(NULL, &request, path, flags, mode, NULL);

	uv_fs_req_cleanup(&request);
	return opened;
}

static void close_file(int fd)
{
	uv_fs_t request;

	(void)uv_fs_close(NULL, &request, fd, NULL);
	uv_fs_req_cleanup(&request);
}

static int sync_file(int fd)
{
	uv_fs_t request;
	int synced = uv_fs_fsync(NULL, &request, fd, NULL);

	uv_fs_req_cleanup(&request);
	return synced;
}

static void remove_file(const char *path)
{
	uv_fs_t request;

	(void)uv_fs_unlink(NULL, &request, path, NULL);
	uv_fs_req_cleanup(&request);
}

enum code file_read(const char *path, uint8_t *bytes, size_t size, size_t *length,
                    struct error *error)
{
	enum code code = CODE_OK;
	size_t have = 0;
	int fd = open_file(path, O_RDONLY, 0);

	if (fd < 0)
		return fail(error, path, "open", fd);
	for (;;) {
		uint8_t more;
		uv_buf_t buffer = have < size
		                      ? uv_buf_init((char *)bytes + have, (unsigned)(size - have))
		                      : uv_buf_init((char *)&more, 1);
		uv_fs_t request;
		int got = uv_fs_read(NULL, &request, fd, &buffer, 1, -1, NULL);

		uv_fs_req_cleanup(&request);
		if (got < 0)
			code = fail(error, path, "read", got);
		if (got <= 0)
			break;
		if (have == size) {
			code = error_set(error, CODE_TOO_LARGE, "%s: larger than %zu bytes", path,
			                 size);
			break;
		}
		have += (size_t)got;
	}
	close_file(fd);
	if (code == CODE_OK)
		*length = have;
	return code;
}

/* Writes and syncs; the file is open. */
static int write_all(int fd, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)length);
		uv_fs_t request;
		int written = uv_fs_write(NULL, &request, fd, &buffer, 1, -1, NULL);

		uv_fs_req_cleanup(&request);
		if (written < 0)
			return written;
		bytes += written;
		length -= (size_t)written;
	}
	return sync_file(fd);
}

/* The directory of `path`, without the last slash. */
static void directory_of(const char *path, char directory[FILE_PATH_BYTES])
{
	const char *slash = strrchr(path, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - path);

	if (slash == path)
		length = 1; /* "/" */
	if (length >= FILE_PATH_BYTES)
		length = FILE_PATH_BYTES - 1;
	memcpy(directory, length > 0 ? path : ".", length > 0 ? length : 1);
	directory[length > 0 ? length : 1] = '\0';
}

static int look_at(const char *path, uv_stat_t *facts)
{
	uv_fs_t request;
	int failed = uv_fs_stat(NULL, &request, path, NULL);

	*facts = request.statbuf;
	uv_fs_req_cleanup(&request);
	return failed;
}

/*
 * By the descriptor, and never of a file with a second name: the owner of the directory could have
 * put something there that is not this process's to give. Who is not root cannot give anything
 * away, and keeps what it made.
 */
void file_keep_owner(int fd, const char *path)
{
	char directory[FILE_PATH_BYTES];
	uv_stat_t there;
	uv_fs_t request;

	directory_of(path, directory);
	if (look_at(directory, &there) != 0)
		return;
	int failed = uv_fs_fstat(NULL, &request, fd, NULL);
	const uv_stat_t made = request.statbuf;
	uv_fs_req_cleanup(&request);
	if (failed != 0 || made.st_uid == there.st_uid || made.st_uid != platform_own_user() ||
	    (S_ISREG(made.st_mode) && made.st_nlink != 1))
		return;
	(void)uv_fs_fchown(NULL, &request, fd, (uv_uid_t)there.st_uid, (uv_gid_t)there.st_gid,
	                   NULL);
	uv_fs_req_cleanup(&request);
}

enum code file_create(const char *path, int mode, const uint8_t *bytes, size_t length,
                      struct error *error)
{
	int fd = open_file(path, O_WRONLY | O_CREAT | O_EXCL | UV_FS_O_NOFOLLOW, mode);
	int failed;

	if (fd < 0)
		return fail(error, path, "create", fd);
	file_keep_owner(fd, path);
	failed = write_all(fd, bytes, length);
	close_file(fd);
	if (failed == 0)
		return CODE_OK;
	remove_file(path);
	return fail(error, path, "write", failed);
}

/* Makes renames in the directory of `path` survive a power cut. */
static int sync_directory(const char *path)
{
	char directory[FILE_PATH_BYTES];
	int fd, failed;

	directory_of(path, directory);
	fd = open_file(directory, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	failed = sync_file(fd);
	close_file(fd);
	return failed;
}

static int rename_file(const char *from, const char *to)
{
	uv_fs_t request;
	int failed = uv_fs_rename(NULL, &request, from, to, NULL);

	uv_fs_req_cleanup(&request);
	return failed;
}

/* Gives what stands there a second name, so that `path` itself never goes missing. Where this fails
 * (the first write, or a file system without links) there is no old generation, or an older one. */
static void keep_old(const char *path)
{
	char old[FILE_PATH_BYTES + 4], link[FILE_PATH_BYTES + 8];
	uv_fs_t request;
	int failed;

	(void)snprintf(old, sizeof old, "%s.old", path);
	(void)snprintf(link, sizeof link, "%s.old.new", path);
	remove_file(link);
	failed = uv_fs_link(NULL, &request, path, link, NULL);
	uv_fs_req_cleanup(&request);
	if (failed == 0 && rename_file(link, old) != 0)
		remove_file(link);
}

enum code file_set_aside(const char *path, const char *suffix, struct error *error)
{
	char aside[FILE_PATH_BYTES + 16];
	int failed;

	(void)snprintf(aside, sizeof aside, "%s%.15s", path, suffix);
	failed = rename_file(path, aside);
	if (failed != 0)
		return fail(error, path, "rename", failed);
	return CODE_OK;
}

enum code file_replace(const char *path, const uint8_t *bytes, size_t length, struct error *error)
{
	char fresh[FILE_PATH_BYTES + 4];
	enum code code;
	int failed;

	(void)snprintf(fresh, sizeof fresh, "%s.new", path);
	remove_file(fresh);
	code = file_create(fresh, 0600, bytes, length, error);
	if (code != CODE_OK)
		return code;
	keep_old(path);
	failed = rename_file(fresh, path);
	if (failed != 0)
		return fail(error, path, "rename", failed);
	failed = sync_directory(path);
	if (failed != 0)
		return fail(error, path, "sync its directory", failed);
	return CODE_OK;
}

/* Just made: only the owner of the directory above could replace it, and gains nothing. */
static void give_directory(const char *path)
{
	int fd = open_file(path, O_RDONLY | UV_FS_O_DIRECTORY | UV_FS_O_NOFOLLOW, 0);

	if (fd < 0)
		return;
	file_keep_owner(fd, path);
	close_file(fd);
}

enum code file_make_directory(const char *path, int mode, struct error *error)
{
	uv_fs_t request = {0};
	int failed = uv_fs_mkdir(NULL, &request, path, mode, NULL);
	uv_stat_t facts;

	uv_fs_req_cleanup(&request);
	if (failed != 0 && failed != UV_EEXIST)
		return fail(error, path, "make the directory", failed);
	if (failed == 0)
		give_directory(path);
	failed = look_at(path, &facts);
	if (failed != 0)
		return fail(error, path, "look at the directory", failed);
	if (!S_ISDIR(facts.st_mode))
		return error_set(error, CODE_INVALID, "%s: not a directory", path);
	return CODE_OK;
}
