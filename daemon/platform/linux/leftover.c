/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends what an earlier life of the daemon started. Its processes are not our children any more, so
 * nothing but /proc and the control group tells which they are.
 */
#include "daemon/platform/child.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/platform/linux/childgroup.h"
#include "daemon/platform/linux/procfs.h"
#include "daemon/platform/platform.h"

enum { PAUSE_NS = 2000000 };

enum remains {
	REMAINS_NONE,
	REMAINS_KILLED,  /* look again */
	REMAINS_UNKNOWN, /* there is something nobody can say the origin of */
};

struct hunt {
	const struct child_id *id;
	const char *mark;
	bool is_ours;    /* the session: the child itself was seen in it */
	int64_t unknown; /* pid */
};

/* Members of the child's session. The number of a session is not given to others while it has
 * members, so once the child itself was seen alive all of them are its own. If it is gone and its
 * pid is free they are, unless the number was used and left again meanwhile; the mark tells. */
static enum remains kill_session(struct hunt *hunt)
{
	enum remains result = REMAINS_NONE;
	DIR *all = opendir("/proc");
	if (all == NULL)
		return REMAINS_UNKNOWN;
	for (const struct dirent *entry = readdir(all); entry != NULL; entry = readdir(all)) {
		struct process process;
		int64_t pid = strtoll(entry->d_name, NULL, 10);
		if (pid <= 1 || !procfs_look(pid, &process) || process.state == 'Z' ||
		    process.session != hunt->id->pid)
			continue;
		if (hunt->is_ours || procfs_has_word(pid, hunt->mark)) {
			procfs_kill(&process);
			result = result == REMAINS_NONE ? REMAINS_KILLED : result;
		} else if (procfs_look(pid, &process)) {
			hunt->unknown = pid;
			result = REMAINS_UNKNOWN;
		}
	}
	closedir(all);
	return result;
}

static enum remains kill_remains(struct hunt *hunt)
{
	enum remains result = REMAINS_NONE;
	struct process leader;
	if (!childgroup_is_empty(hunt->id->group)) {
		childgroup_kill(hunt->id->group);
		result = REMAINS_KILLED;
	}
	bool has_leader = procfs_look(hunt->id->pid, &leader);
	/* Its pid belongs to somebody else, so its session has no members left. */
	if (has_leader && leader.started != hunt->id->started)
		return result;
	hunt->is_ours = hunt->is_ours || has_leader;
	if (has_leader && leader.state != 'Z') {
		procfs_kill(&leader);
		result = REMAINS_KILLED;
	}
	enum remains session = kill_session(hunt);
	return session == REMAINS_NONE ? result : session;
}

enum code platform_child_end(const struct child_id *id, const char *mark, struct span limit,
                             bool *was_there, struct error *error)
{
	struct instant until = instant_plus(platform_now(), limit);
	struct hunt hunt = {.id = id, .mark = mark};
	*was_there = false;
	for (;;) {
		enum remains remains = kill_remains(&hunt);
		*was_there = *was_there || remains != REMAINS_NONE;
		if (remains == REMAINS_NONE) {
			childgroup_remove(id->group);
			return CODE_OK;
		}
		if (instant_reached(platform_now(), until)) {
			if (remains == REMAINS_UNKNOWN)
				return error_set(
				    error, CODE_DENIED,
				    "process %" PRId64 " is in the session of process %" PRId64
				    " of an earlier life of the daemon, but may not be its own: "
				    "end it by hand",
				    hunt.unknown, id->pid);
			return error_set(error, CODE_TIMEOUT,
			                 "process %" PRId64 " of an earlier life of the daemon, or "
			                 "something it started, does not die",
			                 id->pid);
		}
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
}
