/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children as objects of the loop: watched through descriptors, killed with all they started. How
 * one is made is told by childobject.h.
 *
 * While the child is not collected its pid, and with it the number of its session's group, is not
 * given to anybody else. So the group is signalled before collecting, and afterwards only while it
 * was never seen empty. One that was adopted is collected by somebody else at any moment: whether
 * the number is still its own is looked at before each signal.
 */
#include "daemon/platform/linux/childobject.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/platform/linux/childgroup.h"
#include "daemon/platform/linux/launch.h"
#include "daemon/platform/linux/procfs.h"

enum { OUTPUT_BYTES = 4096, READS_PER_TURN = 16, PROBLEM_BYTES = 512 };

struct child *child_new(const struct child_events *events)
{
	struct child *made = calloc(1, sizeof *made);
	if (made == NULL)
		return NULL;
	made->events = *events;
	made->references = 1;
	for (int i = 0; i < WATCHED; i++)
		made->fds[i] = -1;
	return made;
}

static bool has_ended(const struct child *child)
{
	struct pollfd end = {.fd = child->fds[WATCHED_END], .events = POLLIN};
	return poll(&end, 1, 0) == 1;
}

/* Collects the child if it has ended. */
static bool collect(struct child *child)
{
	if (child->is_collected)
		return true;
	siginfo_t info = {.si_pid = 0};
	/* The pid of one that was adopted may be that of another child of ours by now. */
	int failed = child->is_adopted
	                 ? waitid(P_PIDFD, (id_t)child->fds[WATCHED_END], &info, WEXITED | WNOHANG)
	                 : waitid(P_PID, (id_t)child->id.pid, &info, WEXITED | WNOHANG);
	if (failed == 0 && info.si_pid == 0)
		return false;
	/* Not our child, or somebody took it from us: only the descriptor tells. */
	if (failed != 0 && !has_ended(child))
		return false;
	child->is_collected = true;
	child->end.known = failed == 0;
	child->end.by_signal = failed == 0 && info.si_code != CLD_EXITED;
	child->end.number = failed == 0 ? info.si_status : 0;
	return true;
}

static bool is_somebody_elses(const struct child *child)
{
	struct process leader;
	return child->is_adopted && procfs_look(child->id.pid, &leader) &&
	       leader.started != child->id.started;
}

static bool is_proven(const struct child *child)
{
	return child->mark[0] == '\0' || procfs_session_is(child->id.pid, child->mark);
}

/* Number 0 only looks, and so does every other while it is not proven whom it would hit. */
static bool signal_group(struct child *child, int number)
{
	if (is_somebody_elses(child))
		child->group_was_empty = true;
	if (child->group_was_empty)
		return false;
	if (kill(-(pid_t)child->id.pid, is_proven(child) ? number : 0) == 0 || errno == EPERM)
		return true;
	/* Held children have no session yet for a moment. */
	if (!child->is_collected)
		return kill((pid_t)child->id.pid, number) == 0;
	child->group_was_empty = true;
	return false;
}

const struct child_id *platform_child_id(const struct child *child)
{
	return &child->id;
}

void platform_child_go(struct child *child)
{
	/* A child that is dead already says so by itself. */
	ssize_t ignored = send(child->fds[WATCHED_CHANNEL], "g", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)ignored;
}

static int number_of(const char *signal)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = {
	    {"", SIGTERM},   {"TERM", SIGTERM}, {"INT", SIGINT},   {"QUIT", SIGQUIT},
	    {"HUP", SIGHUP}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"WINCH", SIGWINCH},
	    {"PWR", SIGPWR}, {"ABRT", SIGABRT}, {"ALRM", SIGALRM},
	};
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (strcmp(signals[i].name, signal) == 0)
			return signals[i].number;
	return 0;
}

bool platform_child_knows(const char *signal)
{
	return number_of(signal) != 0;
}

void platform_child_ask(struct child *child, const char *signal)
{
	signal_group(child, number_of(signal));
	/* A stopped process would not hear. */
	signal_group(child, SIGCONT);
}

/* Where this process is the init of a container, orphans of the group fall to it. */
static void collect_orphans(const struct child *child)
{
	siginfo_t info = {.si_pid = 1};
	while (!child->group_was_empty && !child->is_adopted && info.si_pid != 0) {
		info.si_pid = 0;
		if (waitid(P_PGID, (id_t)child->id.pid, &info, WEXITED | WNOHANG) != 0)
			return; /* ECHILD, as a rule: they fell to the host's init */
	}
}

bool platform_child_is_gone(struct child *child)
{
	if (!collect(child))
		return false;
	collect_orphans(child);
	if (!childgroup_is_empty(child->id.group))
		return false;
	/* The group also has members as long as some init has not collected its dead. */
	if (signal_group(child, 0) && procfs_session_lives(child->id.pid))
		return false;
	childgroup_remove(child->id.group);
	return true;
}

bool platform_child_kill(struct child *child)
{
	signal_group(child, SIGKILL);
	childgroup_kill(child->id.group);
	return platform_child_is_gone(child);
}

static void read_output(struct child *child)
{
	char bytes[OUTPUT_BYTES];
	for (int i = 0; i < READS_PER_TURN && !child->is_closing; i++) {
		ssize_t length = read(child->fds[WATCHED_OUTPUT], bytes, sizeof bytes);
		if (length < 0 && errno == EINTR)
			continue;
		if (length == 0)
			uv_poll_stop(&child->polls[WATCHED_OUTPUT]);
		if (length <= 0)
			return;
		child->events.output(child->events.context, bytes, (size_t)length);
	}
}

/* Empty: it has not said why it could not begin, so it did. */
static void read_problem(struct child *child, char *problem, size_t size)
{
	struct launch_failure failure;
	ssize_t length = recv(child->fds[WATCHED_CHANNEL], &failure, sizeof failure, MSG_DONTWAIT);
	problem[0] = '\0';
	if (length == sizeof failure)
		launch_failure_text(&failure, child->program, problem, size);
	child->has_begun = true;
	uv_poll_stop(&child->polls[WATCHED_CHANNEL]);
}

static void on_output(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	read_output(poll->data);
}

static void on_channel(uv_poll_t *poll, int status, int events)
{
	struct child *child = poll->data;
	char problem[PROBLEM_BYTES];
	(void)status;
	(void)events;
	read_problem(child, problem, sizeof problem);
	child->events.began(child->events.context, problem[0] == '\0' ? NULL : problem);
}

static void on_end(uv_poll_t *poll, int status, int events)
{
	struct child *child = poll->data;
	char problem[PROBLEM_BYTES] = "";
	(void)status;
	(void)events;
	/* What was said before the end is told before the end; but one that has ended never began.
	 */
	if (!child->has_begun)
		read_problem(child, problem, sizeof problem);
	if (problem[0] != '\0')
		child->events.began(child->events.context, problem);
	if (!child->is_closing)
		read_output(child);
	if (child->is_closing || !collect(child))
		return;
	uv_poll_stop(poll);
	child->events.ended(child->events.context, child->end);
}

static void let_go(struct child *child)
{
	if (--child->references > 0)
		return;
	for (int i = 0; i < WATCHED; i++)
		if (child->fds[i] >= 0)
			close(child->fds[i]);
	free(child);
}

static void on_closed(uv_handle_t *handle)
{
	let_go(handle->data);
}

void platform_child_close(struct child *child)
{
	if (child == NULL)
		return;
	assert(!child->is_closing);
	child->is_closing = true;
	if (child->is_collected || child->id.pid == 0)
		childgroup_remove(
		    child->id.group); /* fails while somebody is in it, as it should */
	for (unsigned i = 0; i < WATCHED; i++)
		if (child->polls[i].data != NULL)
			uv_close((uv_handle_t *)&child->polls[i], on_closed);
	let_go(child);
}

enum code child_watch(struct child *child, uv_loop_t *loop, enum watched what, struct error *error)
{
	static const uv_poll_cb callbacks[] = {
	    [WATCHED_CHANNEL] = on_channel,
	    [WATCHED_OUTPUT] = on_output,
	    [WATCHED_END] = on_end,
	};
	uv_poll_t *poll = &child->polls[what];
	int failed = uv_poll_init(loop, poll, child->fds[what]);
	if (failed == 0) {
		child->references++;
		poll->data = child;
		failed = uv_poll_start(poll, UV_READABLE, callbacks[what]);
	}
	if (failed != 0)
		return error_set(error, CODE_SYSTEM, "cannot watch a child: %s",
		                 uv_strerror(failed));
	return CODE_OK;
}
