/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A secret file: opened first and judged by its descriptor, so that what was judged is what is
 * read.
 */
#include "daemon/platform/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/platform/platform.h"

/* As whom the unit of systemd runs: both its user and its group. */
static const char UNIT_NAME[] = "failoverd";

/* The group of the daemon, which is this process, or the one that the unit of systemd starts: root
 * asks on its behalf. */
static bool is_daemons_group(gid_t group)
{
	uint32_t units;
	if (geteuid() != 0)
		return group == getegid();
	return platform_group(UNIT_NAME, &units, NULL) == CODE_OK && group == units;
}

/* The same of its user. Who could replace the secret then is the daemon itself. */
static bool is_daemons_user(uid_t owner)
{
	struct user unit;
	if (geteuid() != 0)
		return owner == geteuid();
	return platform_user(UNIT_NAME, &unit, NULL) == CODE_OK && owner == unit.id;
}

/* Where systemd lets nobody in but root and the unit. What it lets the unit's user read by an
 * access control list looks like a right of root's group. */
static bool is_credential(const char *path)
{
	static const char all[] = "/run/credentials/";
	const char *own = getenv("CREDENTIALS_DIRECTORY");
	return strncmp(path, all, strlen(all)) == 0 ||
	       (own != NULL && *own == '/' && strncmp(path, own, strlen(own)) == 0);
}

static bool others_can_read(const char *path, const struct stat *facts)
{
	const mode_t others = facts->st_mode & (S_IRWXG | S_IRWXO);
	if (others == S_IRGRP && facts->st_uid == 0)
		return !(facts->st_gid == 0 && is_credential(path)) &&
		       !is_daemons_group(facts->st_gid);
	return others != 0;
}

static enum code judge(const char *path, const struct stat *facts, struct error *error)
{
	if (!S_ISREG(facts->st_mode))
		return error_set(error, CODE_INVALID, "%s is not a regular file", path);
	if (facts->st_uid != 0 && !is_daemons_user(facts->st_uid))
		return error_set(error, CODE_DENIED,
		                 "%s belongs to user %u, who can replace the secret: chown root %s",
		                 path, (unsigned)facts->st_uid, path);
	if (others_can_read(path, facts))
		return error_set(error, CODE_DENIED,
		                 "%s has mode %04o, so others can use the secret: chmod 600 %s, or "
		                 "640 if it is root's and in the group of the daemon alone",
		                 path, (unsigned)facts->st_mode & 07777, path);
	return CODE_OK;
}

enum code platform_check_secret(const char *path, struct error *error)
{
	struct stat facts;
	if (stat(path, &facts) != 0)
		return error_set(error, errno == ENOENT ? CODE_NOT_FOUND : CODE_SYSTEM, "%s: %s",
		                 path, strerror(errno));
	return judge(path, &facts, error);
}

static enum code check_file(const char *path, int fd, struct error *error)
{
	struct stat facts;
	if (fstat(fd, &facts) != 0)
		return error_set(error, CODE_SYSTEM, "%s: %s", path, strerror(errno));
	return judge(path, &facts, error);
}

/* Reads one byte more than fits, if there is one; negative: errno. */
static ssize_t read_all(int fd, char *bytes, size_t size)
{
	size_t length = 0;
	while (length < size) {
		ssize_t got = read(fd, bytes + length, size - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return got;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

static enum code check_line(const char *path, const char *line, size_t length, struct error *error)
{
	if (length == 0)
		return error_set(error, CODE_INVALID, "%s: there is no secret in it", path);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			return error_set(error, CODE_INVALID,
			                 "%s: expected one line of printable characters", path);
	return CODE_OK;
}

static enum code read_line(const char *path, int fd, char *secret, size_t size, size_t *length,
                           struct error *error)
{
	ssize_t got = read_all(fd, secret, size);
	if (got < 0)
		return error_set(error, CODE_SYSTEM, "%s: %s", path, strerror(errno));
	size_t end = (size_t)got;
	if (end > 0 && secret[end - 1] == '\n')
		end--;
	if (end < (size_t)got && end > 0 && secret[end - 1] == '\r')
		end--;
	if (end == size)
		return error_set(error, CODE_INVALID, "%s: a secret has at most %zu characters",
		                 path, size - 2);
	enum code code = check_line(path, secret, end, error);
	if (code != CODE_OK)
		return code;
	sodium_memzero(secret + end, size - end);
	*length = end;
	return CODE_OK;
}

enum code platform_secret_read(const char *path, char *secret, size_t size, size_t *length,
                               struct error *error)
{
	/* Not to wait for a writer where somebody put a pipe there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		enum code code = errno == ENOENT   ? CODE_NOT_FOUND
		                 : errno == EACCES ? CODE_DENIED
		                                   : CODE_SYSTEM;
		return error_set(error, code, "%s: %s", path, strerror(errno));
	}
	enum code code = check_file(path, fd, error);
	if (code == CODE_OK)
		code = read_line(path, fd, secret, size, length, error);
	close(fd);
	if (code != CODE_OK)
		sodium_memzero(secret, size);
	return code;
}

bool platform_secret_handed(const char *name, char *path, size_t size)
{
	static const char of_unit[] = "/run/credentials/failoverd.service";
	const char *const directories[] = {getenv("CREDENTIALS_DIRECTORY"), of_unit};
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
		if (directories[i] == NULL)
			continue;
		int length = snprintf(path, size, "%s/%s", directories[i], name);
		if (length > 0 && (size_t)length < size && access(path, R_OK) == 0)
			return true;
	}
	return false;
}
