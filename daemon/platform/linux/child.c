/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children as objects of the loop: made held, watched through descriptors, killed with all they
 * started. What a child does before it is a program is launch.c's.
 *
 * While the child is not collected its pid, and with it the number of its session's group, is not
 * given to anybody else. So the group is signalled before collecting, and afterwards only while it
 * was never seen empty.
 */
#include "daemon/platform/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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

/* In the order they are opened. */
enum watched { WATCHED_CHANNEL, WATCHED_OUTPUT, WATCHED_END };
enum { WATCHED = WATCHED_END + 1 };

struct child {
	struct child_id id;
	struct child_events events;
	char program[CONFIG_COMMAND_BYTES];
	uv_poll_t polls[WATCHED]; /* data NULL: not open */
	int fds[WATCHED];
	unsigned references; /* the caller's, and one of each open poll */
	bool has_begun;
	bool is_collected;
	bool group_was_empty; /* its number may be somebody else's now */
	bool is_closing;
	struct child_end end;
};

/* Collects the child if it has ended. */
static bool collect(struct child *child)
{
	if (child->is_collected)
		return true;
	siginfo_t info = {.si_pid = 0};
	int failed = waitid(P_PID, (id_t)child->id.pid, &info, WEXITED | WNOHANG);
	if (failed == 0 && info.si_pid == 0)
		return false;
	if (failed != 0 && errno != ECHILD)
		return false;
	child->is_collected = true;
	child->end.known = failed == 0;
	child->end.by_signal = failed == 0 && info.si_code != CLD_EXITED;
	child->end.number = failed == 0 ? info.si_status : 0;
	return true;
}

/* Number 0 only looks. */
static bool signal_group(struct child *child, int number)
{
	if (child->group_was_empty)
		return false;
	if (kill(-(pid_t)child->id.pid, number) == 0 || errno == EPERM)
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

void platform_child_ask(struct child *child)
{
	signal_group(child, SIGTERM);
	/* A stopped process would not hear. */
	signal_group(child, SIGCONT);
}

/* Where this process is the init of a container, orphans of the group fall to it. */
static void collect_orphans(const struct child *child)
{
	siginfo_t info = {.si_pid = 1};
	while (!child->group_was_empty && info.si_pid != 0) {
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

static enum code watch(struct child *child, uv_loop_t *loop, enum watched what, struct error *error)
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

/* What the parent has open before there is a child; all close-on-exec. */
struct ends {
	int input;
	int output;  /* the child's */
	int channel; /* the child's */
};

/* A descriptor from which the input is read, and then its end; -1: errno tells why. */
static int open_input(const struct child_options *options)
{
	int input[2];
	if (options->input == NULL)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (pipe2(input, O_CLOEXEC) != 0)
		return -1;
	/* It all fits before anybody reads: this cannot block. */
	ssize_t written = write(input[1], options->input, options->input_length);
	int reason = errno;
	close(input[1]);
	if (written == (ssize_t)options->input_length)
		return input[0];
	close(input[0]);
	errno = written < 0 ? reason : EIO;
	return -1;
}

static enum code open_ends(struct child *child, struct ends *ends,
                           const struct child_options *options, struct error *error)
{
	int output[2] = {-1, -1}, channel[2] = {-1, -1};
	ends->input = open_input(options);
	if (ends->input < 0 || pipe2(output, O_CLOEXEC) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
		error_set(error, CODE_SYSTEM, "cannot start %s: %s", child->program,
		          strerror(errno));
	child->fds[WATCHED_OUTPUT] = output[0];
	child->fds[WATCHED_CHANNEL] = channel[0];
	ends->output = output[1];
	ends->channel = channel[1];
	if (channel[0] < 0)
		return CODE_SYSTEM;
	fcntl(output[0], F_SETFL, O_NONBLOCK); /* only our end: programs expect to block */
	return CODE_OK;
}

static void close_ends(const struct ends *ends)
{
	const int fds[] = {ends->input, ends->output, ends->channel};
	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Signals wait meanwhile: a handler of the daemon must not run in the child. */
static pid_t fork_held(const struct launch *launch)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();
	if (pid == 0)
		launch_run(launch);
	int reason = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = reason;
	return pid;
}

static enum code start_process(struct child *child, const struct launch *launch,
                               struct error *error)
{
	pid_t pid = fork_held(launch);
	if (pid < 0)
		return error_set(error, CODE_SYSTEM, "cannot start %s: %s", child->program,
		                 strerror(errno));
	child->id.pid = pid;
	child->fds[WATCHED_END] = procfs_open(pid);
	struct process facts;
	if (child->fds[WATCHED_END] < 0)
		error_set(error, CODE_UNSUPPORTED, "cannot watch a child: %s (needs Linux 5.3)",
		          strerror(errno));
	else if (procfs_look(pid, &facts)) {
		child->id.started = facts.started;
		return CODE_OK;
	} else
		error_set(error, CODE_SYSTEM, "cannot look at process %d; is /proc mounted?",
		          (int)pid);
	return CODE_SYSTEM;
}

static enum code start_watched(struct child *child, uv_loop_t *loop,
                               const struct child_options *options, struct error *error)
{
	struct ends ends;
	enum code code = open_ends(child, &ends, options, error);
	for (unsigned i = WATCHED_CHANNEL; code == CODE_OK && i < WATCHED_END; i++)
		code = watch(child, loop, i, error);
	if (code == CODE_OK) {
		childgroup_make(options->name, child->id.group);
		struct launch launch = {
		    .environment = options->environment,
		    .directory = options->directory,
		    .user = options->user,
		    .group = child->id.group,
		    .input = ends.input,
		    .output = ends.output,
		    .channel = ends.channel,
		    .parents_channel = child->fds[WATCHED_CHANNEL],
		};
		launch_prepare(&launch, options->command);
		code = start_process(child, &launch, error);
	}
	close_ends(&ends);
	if (code == CODE_OK)
		code = watch(child, loop, WATCHED_END, error);
	return code;
}

enum code platform_child_start(struct child **child, uv_loop_t *loop,
                               const struct child_options *options,
                               const struct child_events *events, struct error *error)
{
	assert(options->command->word_count > 0);
	assert(options->input_length <= CHILD_INPUT_BYTES);
	struct child *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	made->events = *events;
	made->references = 1;
	for (int i = 0; i < WATCHED; i++)
		made->fds[i] = -1;
	memcpy(made->program, options->command->words, sizeof made->program);
	enum code code = start_watched(made, loop, options, error);
	if (code == CODE_OK) {
		*child = made;
		return CODE_OK;
	}
	if (made->id.pid != 0) {
		/* Held, so it has done nothing yet and dies at once. */
		kill((pid_t)made->id.pid, SIGKILL);
		made->is_collected = waitpid((pid_t)made->id.pid, NULL, 0) > 0;
	}
	platform_child_close(made);
	return code;
}
