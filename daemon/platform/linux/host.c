/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `check` asks about this host. Changes nothing; each answer says what to do about it.
 */
#include "daemon/platform/platform.h"

#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/print.h"
#include "daemon/platform/linux/childgroup.h"
#include "daemon/platform/linux/sockaddr.h"

enum { RIGHT_CAPABILITIES = 3, LIST_BYTES = 96 };

struct capability {
	const char *name; /* NULL: no more */
	unsigned number;
};

static const struct capability needed[RIGHTS][RIGHT_CAPABILITIES + 1] = {
    [RIGHT_ADDRESSES] = {{"CAP_NET_ADMIN", CAP_NET_ADMIN}, {"CAP_NET_RAW", CAP_NET_RAW}},
    [RIGHT_GATE] = {{"CAP_NET_ADMIN", CAP_NET_ADMIN},
                    {"CAP_BPF", CAP_BPF},
                    {"CAP_PERFMON", CAP_PERFMON}},
    [RIGHT_URGENCY] = {{"CAP_SYS_NICE", CAP_SYS_NICE}, {"CAP_IPC_LOCK", CAP_IPC_LOCK}},
    [RIGHT_USERS] = {{"CAP_SETUID", CAP_SETUID},
                     {"CAP_SETGID", CAP_SETGID},
                     {"CAP_KILL", CAP_KILL}},
    [RIGHT_REBOOT] = {{"CAP_SYS_BOOT", CAP_SYS_BOOT}},
};

enum code platform_check_right(int64_t pid, enum right right, struct error *error)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3,
	                                          .pid = (int)pid};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	char list[LIST_BYTES] = "";
	size_t used = 0;
	memset(data, 0, sizeof data);
	if (syscall(SYS_capget, &header, data) != 0)
		return error_set(error, CODE_SYSTEM, "process %d: %s", (int)pid, strerror(errno));
	for (const struct capability *one = needed[right]; one->name != NULL; one++)
		if ((data[one->number / 32].permitted & 1U << one->number % 32) == 0)
			used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
			                         used == 0 ? "" : ", ", one->name);
	if (used == 0)
		return CODE_OK;
	return error_set(error, CODE_DENIED, "%s missing (root has them, and the unit of systemd)",
	                 list);
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

enum code platform_check_groups(struct error *error)
{
	if (childgroup_is_possible())
		return CODE_OK;
	return error_set(
	    error, CODE_UNSUPPORTED,
	    "no writable version 2 control group: a process that leaves the session of its "
	    "resource is not found when the resource is killed");
}
