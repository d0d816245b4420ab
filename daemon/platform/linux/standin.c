/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another user in this process, for good, or in a child, for one question; and the mounts of
 * another process.
 */
#include "daemon/platform/standin.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* As whom the unit of systemd runs. */
static const char UNIT_USER[] = "failoverd";

/* What the unit has, where none runs that could be asked. */
static const unsigned unit_rights[] = {CAP_NET_ADMIN, CAP_NET_RAW,  CAP_BPF,
                                       CAP_PERFMON,   CAP_SYS_NICE, CAP_IPC_LOCK,
                                       CAP_SETUID,    CAP_SETGID,   CAP_KILL};

struct rights {
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
};

static bool rights_of(int pid, struct rights *rights)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3,
	                                          .pid = pid};
	return syscall(SYS_capget, &header, rights->sets) == 0;
}

/* What is allowed and held. */
static void limit_rights(int64_t guard)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct rights allowed = {0}, held;
	if (guard <= 0 || !rights_of((int)guard, &allowed))
		for (size_t i = 0; i < sizeof unit_rights / sizeof *unit_rights; i++)
			allowed.sets[unit_rights[i] / 32].permitted |= 1U << unit_rights[i] % 32;
	if (!rights_of(0, &held))
		return;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		held.sets[i].permitted &= allowed.sets[i].permitted;
		held.sets[i].effective = held.sets[i].permitted;
		held.sets[i].inheritable = 0;
	}
	(void)syscall(SYS_capset, &header, held.sets);
}

static bool become(const struct user *user)
{
	gid_t groups[PEER_GROUPS_MAX];
	for (uint32_t i = 0; i < user->group_count; i++)
		groups[i] = user->groups[i];
	return setgroups(user->group_count, groups) == 0 &&
	       setresgid(user->group, user->group, user->group) == 0 &&
	       setresuid(user->id, user->id, user->id) == 0;
}

/* The user of a running daemon, or that of the unit; false: there is nobody to stand in for. */
static bool find_user(int64_t guard, struct user *user)
{
	char path[64];
	struct stat facts;
	if (platform_user(UNIT_USER, user, NULL) != CODE_OK)
		return false;
	(void)snprintf(path, sizeof path, "/proc/%lld", (long long)guard);
	return guard <= 0 || (stat(path, &facts) == 0 && facts.st_uid == user->id);
}

/* True: its mounts are ours now, or were. */
static bool join_mounts(int64_t guard)
{
	char path[64];
	struct stat theirs, ours;
	if (guard <= 0)
		return true;
	(void)snprintf(path, sizeof path, "/proc/%lld/ns/mnt", (long long)guard);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool joined = fstat(fd, &theirs) == 0 && stat("/proc/self/ns/mnt", &ours) == 0 &&
	              theirs.st_ino == ours.st_ino;
	joined = joined || setns(fd, CLONE_NEWNS) == 0;
	(void)close(fd);
	return joined;
}

enum code platform_stand_in(int64_t guard, struct error *text)
{
	struct user user;
	text->code = CODE_OK;
	text->text[0] = '\0';
	if (geteuid() != 0 || !find_user(guard, &user))
		return CODE_OK;
	const bool sees_sandbox = join_mounts(guard);
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || !become(&user))
		return error_set(text, CODE_SYSTEM,
		                 "this is asked as root, not as user %s, who may do less: %s",
		                 UNIT_USER, strerror(errno));
	limit_rights(guard);
	(void)error_set(text, CODE_OK, "the rest is asked as user %s%s", UNIT_USER,
	                guard <= 0     ? ", not in the sandbox of the unit, which does not run now"
	                : sees_sandbox ? ", in the sandbox of the daemon that runs"
	                               : "");
	return CODE_OK;
}

static int errno_of_use(const char *path, enum use use)
{
	const int mode = ((use & USE_EXECUTE) != 0 ? X_OK : 0) |
	                 ((use & USE_WRITE) != 0 ? W_OK : 0) | ((use & USE_READ) != 0 ? R_OK : 0);
	return access(path, mode) == 0 ? 0 : errno;
}

/* In a child: a user cannot be left again. */
static int errno_of_use_by(const struct user *user, const char *path, enum use use)
{
	int status = 0;
	const pid_t child = fork();
	if (child == 0)
		_exit(become(user) ? errno_of_use(path, use) : UINT8_MAX);
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == UINT8_MAX)
		return errno_of_use(path, use);
	return WEXITSTATUS(status);
}

enum code platform_may_use(const struct user *user, const char *path, enum use use,
                           struct error *error)
{
	const int reason =
	    user == NULL ? errno_of_use(path, use) : errno_of_use_by(user, path, use);
	if (reason == 0)
		return CODE_OK;
	return error_set(error, reason == ENOENT ? CODE_NOT_FOUND : CODE_DENIED, "%s",
	                 strerror(reason));
}

enum code platform_check_group(const char *name, struct error *error)
{
	gid_t groups[PEER_GROUPS_MAX];
	uint32_t group = 0;
	const enum code code = platform_group(name, &group, error);
	if (code != CODE_OK)
		return code;
	const int count = getgroups(PEER_GROUPS_MAX, groups);
	if (geteuid() == 0 || getegid() == group)
		return CODE_OK;
	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return CODE_OK;
	return error_set(error, CODE_DENIED, "the daemon is not in group %s", name);
}
