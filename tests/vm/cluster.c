/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of a virtual machine in which a whole cluster lives: the node alpha and two
 * witnesses, real daemons on the loopback interface, a process as resource. Then something is done
 * to them as the kernel's command line says; whether the machine is reset, its host sees.
 */
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/platform/watchdog.h"
#include "tests/vm/box.h"

enum { PATH_BYTES = 128, TEXT_BYTES = 8192, MEMBERS = 3, SETTLE_MS = 3000 };

static const char CONFIG[] = "/failoverd.ini";
static const char APP[] = "/run/app"; /* the process id of the resource */
static const char DEVICE[] = "/dev/watchdog";
static const char *const names[MEMBERS] = {"alpha", "w1", "w2"};

struct cluster {
	pid_t guards[MEMBERS]; /* each leads the group of its worker */
	pid_t app;
};

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		box_say("failed: cannot write %s", path);
	close(fd);
}

static size_t read_file(const char *path, char text[TEXT_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, TEXT_BYTES - 1);
	if (fd >= 0)
		close(fd);
	text[length < 0 ? 0 : length] = '\0';
	return strlen(text);
}

static void until(bool (*true_now)(const void *what), const void *what)
{
	while (!true_now(what))
		poll(NULL, 0, 5);
}

/* --- the resource */

_Noreturn static void be_the_app(void)
{
	char pid[32];
	int console = open("/dev/console", O_WRONLY | O_CLOEXEC);
	if (console >= 0)
		dup2(console, STDOUT_FILENO);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	write_file("/run/app.new", pid);
	rename("/run/app.new", APP);
	box_say("app up %s", pid);
	for (;;)
		pause();
}

static pid_t app_pid(void)
{
	char text[TEXT_BYTES];
	return read_file(APP, text) > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

static bool app_is_up(const void *what)
{
	(void)what;
	return app_pid() != 0;
}

static bool has_ended(const void *what)
{
	return kill(*(const pid_t *)what, 0) != 0;
}

/* --- the cluster */

/* `layers`: lines of [cluster]; the rest is the same in every scenario. */
static void configure(const char *layers)
{
	char members[TEXT_BYTES];
	static char config[2 * TEXT_BYTES];
	read_file("/members.ini", members);
	snprintf(config, sizeof config,
	         "[cluster]\nname = vm\ntiming = lan\n%s\n%s"
	         "[role web]\nnodes = alpha\nresources = app\n"
	         "[resource app]\ntype = process\ncommand = /init app\n",
	         layers, members);
	write_file(CONFIG, config);
}

static void bring_up_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		box_say("failed: no loopback interface");
	close(fd);
}

static pid_t start_daemon(const char *name)
{
	char key[PATH_BYTES], state[PATH_BYTES], run[PATH_BYTES];
	snprintf(key, sizeof key, "/%s.key", name);
	snprintf(state, sizeof state, "/state/%s", name);
	snprintf(run, sizeof run, "/run/%s", name);
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	setsid();
	execl("/failoverd", "failoverd", "run", "--config", CONFIG, "--key", key, "--state-dir",
	      state, "--run-dir", run, (char *)NULL);
	box_say("failed: no failoverd");
	_exit(1);
}

static struct cluster start_cluster(const char *layers)
{
	struct cluster cluster;
	configure(layers);
	mkdir("/state", 0755);
	mkdir("/run", 0755);
	bring_up_loopback();
	for (int i = 0; i < MEMBERS; i++)
		cluster.guards[i] = start_daemon(names[i]);
	until(app_is_up, NULL);
	cluster.app = app_pid();
	poll(NULL, 0, SETTLE_MS); /* an owner for some heartbeats */
	return cluster;
}

static void signal_member(const struct cluster *cluster, int member, int number)
{
	if (kill(-cluster->guards[member], number) != 0)
		box_say("failed: %s does not run", names[member]);
}

/* Nobody is left who could confirm alpha's heartbeats. */
static void take_the_majority_away(const struct cluster *cluster)
{
	box_say("alone");
	signal_member(cluster, 1, SIGSTOP);
	signal_member(cluster, 2, SIGSTOP);
}

static bool device_is_stopped(const void *what)
{
	struct watchdog_facts facts;
	(void)what;
	return platform_watchdog_look(DEVICE, &facts, NULL) == CODE_OK && !facts.is_running;
}

static void ask_alpha(const char *verb)
{
	pid_t pid = fork();
	if (pid == 0) {
		execl("/failoverd", "failoverd", verb, "web", "--run-dir", "/run/alpha",
		      (char *)NULL);
		_exit(1);
	}
	int status = 1;
	waitpid(pid, &status, 0);
	if (status != 0)
		box_say("failed: %s web", verb);
}

/* Not even SIGKILL ends what this kind of freezer holds. */
static void make_unkillable(pid_t pid)
{
	char text[32];
	mkdir("/freezer", 0755);
	if (mount("freezer", "/freezer", "cgroup", 0, "freezer") != 0)
		box_say("failed: no freezer");
	mkdir("/freezer/app", 0755);
	snprintf(text, sizeof text, "%d", (int)pid);
	write_file("/freezer/app/cgroup.procs", text);
	write_file("/freezer/app/freezer.state", "FROZEN");
}

/* --- scenarios */

static void daemon_hangs_as_owner(void)
{
	struct cluster cluster = start_cluster("watchdog = required");
	box_say("hangs");
	signal_member(&cluster, 0, SIGSTOP);
}

static void daemon_is_killed_as_owner(void)
{
	struct cluster cluster = start_cluster("watchdog = required");
	box_say("hangs");
	signal_member(&cluster, 0, SIGKILL);
}

/* 0: alpha has none. */
static pid_t worker_of_alpha(const struct cluster *cluster)
{
	char path[PATH_BYTES], text[TEXT_BYTES];
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)cluster->guards[0],
	         (int)cluster->guards[0]);
	read_file(path, text);
	return (pid_t)strtol(text, NULL, 10);
}

static void worker_dies_as_owner(void)
{
	struct cluster cluster = start_cluster("watchdog = required");
	pid_t worker = worker_of_alpha(&cluster);
	box_say("killed");
	if (worker <= 0 || kill(worker, SIGKILL) != 0)
		box_say("failed: alpha has no worker");
}

/* Whom the kernel ends first where memory runs out. */
static int score_of(pid_t pid)
{
	char path[PATH_BYTES], text[TEXT_BYTES];
	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)pid);
	read_file(path, text);
	return (int)strtol(text, NULL, 10);
}

static void scores_are_told(void)
{
	struct cluster cluster = start_cluster("");
	box_say("scores %d %d %d", score_of(cluster.guards[0]), score_of(worker_of_alpha(&cluster)),
	        score_of(cluster.app));
}

static void daemon_hangs_when_passive(void)
{
	struct cluster cluster = start_cluster("watchdog = required");
	ask_alpha("stop");
	until(has_ended, &cluster.app);
	until(device_is_stopped, NULL);
	box_say("hangs");
	signal_member(&cluster, 0, SIGSTOP);
}

static void owner_loses_its_majority(void)
{
	/* The emulated processor is slow: more time to release than the preset leaves. */
	struct cluster cluster = start_cluster("release = 2s\nwatchdog = required");
	take_the_majority_away(&cluster);
	until(has_ended, &cluster.app);
	until(device_is_stopped, NULL);
	box_say("released");
}

static void daemon_leaves_as_owner(void)
{
	struct cluster cluster = start_cluster("watchdog = required");
	if (kill(cluster.guards[0], SIGTERM) != 0)
		box_say("failed: alpha does not run");
	waitpid(cluster.guards[0], NULL, 0);
	box_say("left, the watchdog %s", device_is_stopped(NULL) ? "stopped" : "counts");
}

static void resource_does_not_die_under_a_watchdog(void)
{
	struct cluster cluster = start_cluster("watchdog = required");
	make_unkillable(cluster.app);
	take_the_majority_away(&cluster);
}

static void resource_does_not_die_and_the_host_is_rebooted(void)
{
	struct cluster cluster = start_cluster("escalate = reboot");
	make_unkillable(cluster.app);
	take_the_majority_away(&cluster);
}

static void resource_does_not_die_and_nothing_is_done(void)
{
	struct cluster cluster = start_cluster("escalate = none");
	make_unkillable(cluster.app);
	take_the_majority_away(&cluster);
}

/* As a time daemon may: a tick of the clock counts for more or less than it lasted. */
static void slew_clocks(long tick_us)
{
	struct timex wanted = {.modes = ADJ_TICK, .tick = tick_us};
	if (adjtimex(&wanted) < 0)
		box_say("failed: the clock cannot be slewed");
	box_say("slewed");
}

/* Of the oscillator, which nothing slews. */
static long long raw_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The clock that leases are read from runs a tenth slow, the most that a kernel allows. */
static void owner_on_a_slow_clock_loses_its_majority(void)
{
	struct cluster cluster = start_cluster("heartbeat = 500ms\nlease = 10s\nrelease = 2s");
	slew_clocks(9000);
	poll(NULL, 0, SETTLE_MS);
	long long alone = raw_ms();
	take_the_majority_away(&cluster);
	until(has_ended, &cluster.app);
	box_say("ended after %lld ms", raw_ms() - alone);
}

static void clock_runs_fast_and_right_again(void)
{
	(void)start_cluster("");
	slew_clocks(11000);
	poll(NULL, 0, SETTLE_MS);
	slew_clocks(10000);
}

static const struct scenario {
	const char *name;
	void (*run)(void);
} scenarios[] = {
    {"daemon-hangs-as-owner", daemon_hangs_as_owner},
    {"daemon-is-killed-as-owner", daemon_is_killed_as_owner},
    {"worker-dies-as-owner", worker_dies_as_owner},
    {"scores-are-told", scores_are_told},
    {"daemon-hangs-when-passive", daemon_hangs_when_passive},
    {"owner-loses-its-majority", owner_loses_its_majority},
    {"daemon-leaves-as-owner", daemon_leaves_as_owner},
    {"unkillable-under-a-watchdog", resource_does_not_die_under_a_watchdog},
    {"unkillable-and-rebooted", resource_does_not_die_and_the_host_is_rebooted},
    {"unkillable-and-told", resource_does_not_die_and_nothing_is_done},
    {"clock-slow-as-owner", owner_on_a_slow_clock_loses_its_majority},
    {"clock-fast-and-right", clock_runs_fast_and_right_again},
};

int main(int argc, char *argv[])
{
	char name[BOX_WORD_BYTES];
	if (argc > 1 && strcmp(argv[1], "app") == 0)
		be_the_app();
	box_mount();
	box_load("");
	box_word("scenario=", name);
	box_say("runs %s", name);
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		if (strcmp(name, scenarios[i].name) == 0)
			scenarios[i].run();
	for (;;)
		pause();
}
