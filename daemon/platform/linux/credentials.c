/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a local socket, and users and groups of this host by name.
 */
#include "daemon/platform/platform.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* What does not fit is left out as a whole: half a path is another path. */
static void describe(const struct passwd *entry, struct user *user)
{
	if (strlen(entry->pw_name) >= sizeof user->name ||
	    strlen(entry->pw_dir) >= sizeof user->home ||
	    strlen(entry->pw_shell) >= sizeof user->shell)
		return;
	(void)snprintf(user->name, sizeof user->name, "%s", entry->pw_name);
	(void)snprintf(user->home, sizeof user->home, "%s",
	               entry->pw_dir[0] == '\0' ? "/" : entry->pw_dir);
	(void)snprintf(user->shell, sizeof user->shell, "%s",
	               entry->pw_shell[0] == '\0' ? "/bin/sh" : entry->pw_shell);
}

enum code platform_self(struct user *user, struct error *error)
{
	struct passwd entry, *found = NULL;
	char buffer[NAME_SERVICE_BYTES];
	memset(user, 0, sizeof *user);
	user->id = geteuid();
	user->group = getegid();
	int failed = getpwuid_r(user->id, &entry, buffer, sizeof buffer, &found);
	if (found == NULL)
		return error_set(error, CODE_NOT_FOUND, "user %u is not known on this host%s%s",
		                 user->id, failed == 0 ? "" : ": ",
		                 failed == 0 ? "" : strerror(failed));
	describe(found, user);
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
	describe(found, &result);
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
