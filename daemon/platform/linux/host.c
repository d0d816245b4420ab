/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `check` asks about this host. Changes nothing; each answer says what to do about it.
 */
#include "daemon/platform/platform.h"

#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/print.h"
#include "daemon/platform/linux/childgroup.h"
#include "daemon/platform/linux/sockaddr.h"

static bool has_capability(unsigned capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	memset(data, 0, sizeof data);
	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	return (data[capability / 32].effective & 1U << capability % 32) != 0;
}

enum code platform_check_may_configure(struct error *error)
{
	if (has_capability(CAP_NET_ADMIN))
		return CODE_OK;
	return error_set(error, CODE_DENIED,
	                 "no right to add addresses: run as root or with CAP_NET_ADMIN");
}

enum code platform_check_may_announce(struct error *error)
{
	if (has_capability(CAP_NET_RAW))
		return CODE_OK;
	return error_set(error, CODE_DENIED,
	                 "no right to send announcements: run as root or with CAP_NET_RAW");
}

enum code platform_check_port(const struct address *address, uint16_t port, struct error *error)
{
	char text[ADDRESS_TEXT_BYTES];
	address_format(address, text);
	int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set(error, CODE_SYSTEM, "cannot make a UDP socket: %s",
		                 strerror(errno));
	struct sockaddr_storage storage;
	socklen_t length = sockaddr_fill(address, port, &storage);
	int reason = bind(fd, (const struct sockaddr *)&storage, length) == 0 ? 0 : errno;
	close(fd);
	if (reason == EADDRINUSE)
		return error_set(error, CODE_EXISTS,
		                 "UDP port %u of %s is in use by another process", port, text);
	if (reason == EADDRNOTAVAIL)
		return error_set(error, CODE_NOT_FOUND, "%s is not an address of this host", text);
	if (reason != 0)
		return error_set(error, CODE_SYSTEM, "UDP port %u of %s: %s", port, text,
		                 strerror(reason));
	return CODE_OK;
}

enum code platform_check_secret(const char *path, struct error *error)
{
	struct stat facts;
	if (lstat(path, &facts) != 0)
		return error_set(error, errno == ENOENT ? CODE_NOT_FOUND : CODE_SYSTEM, "%s: %s",
		                 path, strerror(errno));
	if (S_ISLNK(facts.st_mode) && stat(path, &facts) != 0)
		return error_set(error, CODE_NOT_FOUND, "%s: %s", path, strerror(errno));
	if (!S_ISREG(facts.st_mode))
		return error_set(error, CODE_INVALID, "%s is not a regular file", path);
	if (facts.st_uid != 0 && facts.st_uid != geteuid())
		return error_set(error, CODE_DENIED,
		                 "%s belongs to user %u, who can replace the key: chown root %s",
		                 path, (unsigned)facts.st_uid, path);
	if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return error_set(error, CODE_DENIED,
		                 "%s has mode %04o, so others can use the secret key: chmod 600 %s",
		                 path, (unsigned)facts.st_mode & 07777, path);
	return CODE_OK;
}

enum code platform_check_groups(struct error *error)
{
	if (childgroup_is_possible())
		return CODE_OK;
	return error_set(
	    error, CODE_UNSUPPORTED,
	    "no writable version 2 control group: a process that leaves the session of its "
	    "resource is not found when the resource is killed");
}
