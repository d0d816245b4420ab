/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One machine of the test network: a process that holds a network, mount, process and host name
 * namespace, and the way for other programs into them. Knows nothing of clusters. The machine lives
 * exactly as long as the standard input of its holder stays open, so that nothing is left behind
 * however the test ends; killing the holder kills every process of the machine at once, as pulling
 * its plug would.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_NO_NAMESPACE = 77, EXIT_NO_COMMAND = 127, PATH_BYTES = 64 };

static int complain(const char *what, int code)
{
	(void)fprintf(stderr, "host: %s: %s\n", what, strerror(errno));
	return code;
}

/* The first process of the machine: its end is the end of all others. */
static int be_init(const char *name)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return complain("die with the holder", EXIT_NO_NAMESPACE);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return complain("make mounts private", EXIT_NO_NAMESPACE);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
		return complain("mount /proc", EXIT_NO_NAMESPACE);
	/* Shows the interfaces of this machine only, and hides the control groups of the real one.
	 */
	if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
		return complain("mount /sys", EXIT_NO_NAMESPACE);
	/* Where it cannot be, nothing can be kept in it either. */
	(void)mount("bpf", "/sys/fs/bpf", "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700");
	if (sethostname(name, strlen(name)) != 0)
		return complain("set the host name", EXIT_NO_NAMESPACE);
	/* The kernel reaps orphans of a parent that ignores their death. */
	if (signal(SIGCHLD, SIG_IGN) == SIG_ERR)
		return complain("ignore SIGCHLD", EXIT_NO_NAMESPACE);
	if (write(STDOUT_FILENO, "up\n", 3) != 3)
		return complain("report", EXIT_NO_NAMESPACE);
	char byte = 0;
	ssize_t got = 0;
	do {
		got = read(STDIN_FILENO, &byte, 1);
	} while (got > 0 || (got < 0 && errno == EINTR));
	return 0;
}

static int wait_for(pid_t child)
{
	int status = 0;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return complain("wait", 1);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int hold(const char *name)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS) != 0)
		return complain("make namespaces", EXIT_NO_NAMESPACE);
	pid_t init = fork();
	if (init < 0)
		return complain("fork", EXIT_NO_NAMESPACE);
	if (init == 0)
		_exit(be_init(name));
	(void)printf("%d\n", (int)init);
	(void)fflush(stdout);
	return wait_for(init);
}

static bool join(const char *pid, const char *kind, int flag)
{
	char path[PATH_BYTES];
	(void)snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, kind);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool joined = setns(fd, flag) == 0;
	(void)close(fd);
	return joined;
}

/* In the network of the machine only: for the plumbing, which needs the tools and process ids of
 * the real one. */
static int plumb(const char *pid, char **command)
{
	if (!join(pid, "net", CLONE_NEWNET))
		return complain("join the network", EXIT_NO_NAMESPACE);
	(void)execvp(command[0], command);
	return complain(command[0], EXIT_NO_COMMAND);
}

/* In all namespaces of the machine. Prints the process id which the command has outside, then waits
 * for it. */
static int enter(const char *pid, char **command)
{
	int report = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (report < 0)
		return complain("keep the standard output", EXIT_NO_NAMESPACE);
	/* Paths to /proc go first, the mount namespace last: it changes what they mean. */
	if (!join(pid, "net", CLONE_NEWNET) || !join(pid, "uts", CLONE_NEWUTS) ||
	    !join(pid, "pid", CLONE_NEWPID) || !join(pid, "mnt", CLONE_NEWNS))
		return complain("join the machine", EXIT_NO_NAMESPACE);
	int gate[2];
	if (pipe2(gate, O_CLOEXEC) != 0)
		return complain("make a pipe", EXIT_NO_NAMESPACE);
	pid_t child = fork();
	if (child < 0)
		return complain("fork", EXIT_NO_NAMESPACE);
	if (child == 0) {
		/* The number must be out before anything the command prints. */
		char byte = 0;
		(void)close(gate[1]);
		while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
			;
		(void)execvp(command[0], command);
		_exit(complain(command[0], EXIT_NO_COMMAND));
	}
	(void)dprintf(report, "%d\n", (int)child);
	(void)close(report);
	(void)close(gate[0]);
	(void)close(gate[1]);
	/* The reader of the command's output must see its end when the command ends. */
	(void)close(STDOUT_FILENO);
	(void)close(STDERR_FILENO);
	return wait_for(child);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "hold") == 0)
		return hold(argv[2]);
	if (argc >= 4 && strcmp(argv[1], "plumb") == 0)
		return plumb(argv[2], argv + 3);
	if (argc >= 4 && strcmp(argv[1], "enter") == 0)
		return enter(argv[2], argv + 3);
	(void)fputs(
	    "usage: host hold NAME | host plumb PID COMMAND... | host enter PID COMMAND...\n",
	    stderr);
	return EXIT_USAGE;
}
