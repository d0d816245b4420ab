/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child that an earlier life of the daemon started becomes an object of the loop again. It is not
 * our child any more, so nothing but its pid and the time of its start tells that it is the one;
 * both are looked at after the descriptor was opened, which from then on means that process alone.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/platform/linux/childobject.h"
#include "daemon/platform/linux/procfs.h"

/* It ended while nobody watched: a descriptor that says so in the next turn of the loop. What it
 * started is found by its control group, or where it has none by its session, whose number may be
 * somebody else's by now: what is there and cannot be proven to be its own is neither killed nor
 * taken for gone. */
static int open_past_end(struct child *child, const char *mark)
{
	child->group_was_empty = child->id.group[0] != '\0';
	memcpy(child->mark, mark, strlen(mark) + 1);
	return eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
}

static int open_end(struct child *child, const char *mark)
{
	struct process leader;
	int fd = procfs_open(child->id.pid);
	if (fd < 0)
		return errno == ESRCH ? open_past_end(child, mark) : -1;
	if (procfs_look(child->id.pid, &leader) && leader.started == child->id.started)
		return fd;
	close(fd);
	return open_past_end(child, mark);
}

enum code platform_child_adopt(struct child **child, uv_loop_t *loop,
                               const struct child_before *before, const struct child_events *events,
                               struct error *error)
{
	assert(strlen(before->mark) < CHILD_MARK_BYTES);
	struct child *made = child_new(events);
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	made->id = *before->id;
	made->is_adopted = made->has_begun = true;
	enum code code = CODE_OK;
	made->fds[WATCHED_END] = open_end(made, before->mark);
	if (made->fds[WATCHED_END] < 0)
		code = error_set(error, CODE_SYSTEM, "cannot watch process %lld: %s",
		                 (long long)made->id.pid, strerror(errno));
	/* Without it the child still runs; what it says is lost. */
	if (before->output_path != NULL)
		made->fds[WATCHED_OUTPUT] =
		    open(before->output_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (code == CODE_OK && made->fds[WATCHED_OUTPUT] >= 0)
		code = child_watch(made, loop, WATCHED_OUTPUT, error);
	if (code == CODE_OK)
		code = child_watch(made, loop, WATCHED_END, error);
	if (code == CODE_OK)
		*child = made;
	else
		platform_child_close(made);
	return code;
}
