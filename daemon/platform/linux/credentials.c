/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a local socket, and users and groups of this host by name.
 */
#include "daemon/platform/platform.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>

enum { NAME_SERVICE_BYTES = 16384 };

enum code platform_peer(int fd, struct peer_credentials *peer, struct error *error)
{
	struct ucred credentials;
	socklen_t length = sizeof credentials;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
		return error_set(error, CODE_SYSTEM, "cannot tell who connected: %s",
		                 strerror(errno));
	memset(peer, 0, sizeof *peer);
	peer->pid = credentials.pid;
	peer->user = credentials.uid;
	peer->group = credentials.gid;
	/* ERANGE and kernels before 4.13: without supplementary groups the peer may do less, not
	 * more. */
	gid_t groups[PEER_GROUPS_MAX];
	length = sizeof groups;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) == 0) {
		peer->group_count = (uint32_t)(length / sizeof groups[0]);
		for (uint32_t i = 0; i < peer->group_count; i++)
			peer->groups[i] = groups[i];
	}
	return CODE_OK;
}

enum code platform_user(const char *name, struct user *user, struct error *error)
{
	struct passwd entry, *found = NULL;
	char buffer[NAME_SERVICE_BYTES];
	int failed = getpwnam_r(name, &entry, buffer, sizeof buffer, &found);
	if (found == NULL)
		return failed == 0 ? error_set(error, CODE_NOT_FOUND,
		                               "user %s does not exist on this host", name)
		                   : error_set(error, CODE_SYSTEM, "cannot look up user %s: %s",
		                               name, strerror(failed));
	struct user result = {.id = entry.pw_uid, .group = entry.pw_gid};
	gid_t groups[PEER_GROUPS_MAX];
	int count = PEER_GROUPS_MAX;
	if (getgrouplist(name, entry.pw_gid, groups, &count) < 0)
		return error_set(error, CODE_TOO_LARGE,
		                 "user %s is in %d groups; at most %d are supported", name, count,
		                 PEER_GROUPS_MAX);
	result.group_count = (uint32_t)count;
	for (int i = 0; i < count; i++)
		result.groups[i] = groups[i];
	*user = result;
	return CODE_OK;
}

enum code platform_group(const char *name, uint32_t *group, struct error *error)
{
	struct group entry, *found = NULL;
	char buffer[NAME_SERVICE_BYTES];
	int failed = getgrnam_r(name, &entry, buffer, sizeof buffer, &found);
	if (found == NULL)
		return failed == 0 ? error_set(error, CODE_NOT_FOUND,
		                               "group %s does not exist on this host", name)
		                   : error_set(error, CODE_SYSTEM, "cannot look up group %s: %s",
		                               name, strerror(failed));
	*group = entry.gr_gid;
	return CODE_OK;
}
