/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a child is made: a process that is held until it may go, with its input, its output and a
 * channel on which it says why it could not begin. What it does before it is a program is
 * launch.c's, what is done with it afterwards child.c's.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/file.h"
#include "daemon/platform/linux/childgroup.h"
#include "daemon/platform/linux/childobject.h"
#include "daemon/platform/linux/launch.h"
#include "daemon/platform/linux/procfs.h"

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

/* A pipe with a name: what is written into it waits there for whoever reads next. The child's end
 * reads as well as it writes, so that there is a reader while the child lives, and writing never
 * fails for want of one. In a directory that is nobody else's, so everybody may write: a program
 * that opens its /dev/stdout again is another user by then. */
static bool open_named(const char *path, int output[2])
{
	(void)unlink(path);
	if (mkfifo(path, 0600) != 0)
		return false;
	output[1] = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (output[1] >= 0)
		file_keep_owner(output[1], path);
	output[0] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	return output[0] >= 0 && output[1] >= 0 && fchmod(output[1], 0622) == 0;
}

static bool open_output(const char *path, int output[2])
{
	if (path != NULL)
		return open_named(path, output);
	/* Only our end does not block: programs expect to. */
	return pipe2(output, O_CLOEXEC) == 0 && fcntl(output[0], F_SETFL, O_NONBLOCK) == 0;
}

static enum code open_ends(struct child *child, struct ends *ends,
                           const struct child_options *options, struct error *error)
{
	int output[2] = {-1, -1}, channel[2] = {-1, -1};
	ends->input = open_input(options);
	if (ends->input < 0 || !open_output(options->output_path, output) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
		error_set(error, CODE_SYSTEM, "cannot start %s: %s", child->program,
		          strerror(errno));
	child->fds[WATCHED_OUTPUT] = output[0];
	child->fds[WATCHED_CHANNEL] = channel[0];
	ends->output = output[1];
	ends->channel = channel[1];
	if (channel[0] < 0)
		return CODE_SYSTEM;
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
		code = child_watch(child, loop, i, error);
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
		code = child_watch(child, loop, WATCHED_END, error);
	return code;
}

enum code platform_child_start(struct child **child, uv_loop_t *loop,
                               const struct child_options *options,
                               const struct child_events *events, struct error *error)
{
	assert(options->command->word_count > 0);
	assert(options->input_length <= CHILD_INPUT_BYTES);
	struct child *made = child_new(events);
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
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
	if (options->output_path != NULL)
		(void)unlink(options->output_path);
	platform_child_close(made);
	return code;
}
