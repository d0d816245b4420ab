/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network of the test's own, in a namespace that ends with the test's process.
 */
#include "tests/daemon/net_fixture.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_SKIPPED = 77, WORDS_MAX = 24, WAIT_MS = 1000 };

extern char **environ;

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool done = write(fd, text, strlen(text)) > 0;
	close(fd);
	return done;
}

static bool map_to_root(uid_t user, gid_t group)
{
	char line[64];
	snprintf(line, sizeof line, "0 %u 1", user);
	if (!write_text("/proc/self/uid_map", line) || !write_text("/proc/self/setgroups", "deny"))
		return false;
	snprintf(line, sizeof line, "0 %u 1", group);
	return write_text("/proc/self/gid_map", line);
}

static bool separate(void)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	if (user == 0 && unshare(CLONE_NEWNET) == 0)
		return true;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && map_to_root(user, group);
}

/* `output`: what it writes goes there; -1: nowhere else. */
static bool run_ip_into(const char *words, int output)
{
	char text[256], *rest = text, *list[WORDS_MAX + 2] = {"ip"};
	int count = 1, status = 0;
	posix_spawn_file_actions_t actions;
	pid_t pid;
	snprintf(text, sizeof text, "%s", words);
	while (count <= WORDS_MAX && (list[count] = strsep(&rest, " ")) != NULL)
		count++;
	list[count] = NULL;
	posix_spawn_file_actions_init(&actions);
	if (output >= 0)
		posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	bool runs = posix_spawnp(&pid, "ip", &actions, NULL, list, environ) == 0;
	posix_spawn_file_actions_destroy(&actions);
	return runs && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static bool run_ip(const char *words)
{
	return run_ip_into(words, -1);
}

static bool make_network(void)
{
	return separate() && run_ip("link set lo up") &&
	       run_ip("link add left0 type veth peer name right0") && run_ip("link set left0 up") &&
	       run_ip("link set right0 up");
}

bool net_fixture_is_possible(char *why, size_t size)
{
	/* In a process of its own: trying is doing. */
	int status = 0;
	pid_t pid = fork();
	if (pid == 0)
		_exit(make_network() ? 0 : 1);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0)
		return true;
	snprintf(why, size, "neither root nor user namespaces, or no ip command, or no veth");
	return false;
}

int net_fixture_skip(const char *program)
{
	char why[128];
	if (net_fixture_is_possible(why, sizeof why))
		return 0;
	printf("%s: skipped: %s\n", program, why);
	return EXIT_SKIPPED;
}

bool net_fixture_is_root(void)
{
	char text[64] = "";
	int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, sizeof text - 1);
	close(fd);
	unsigned inside = 1, outside = 1;
	return length > 0 && sscanf(text, "%u %u", &inside, &outside) == 2 && outside == 0;
}

static bool has_carrier(const char *interface)
{
	struct ifreq request;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memset(&request, 0, sizeof request);
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
	bool is_up =
	    ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0;
	close(fd);
	return is_up;
}

static void await_carrier(const char *interface)
{
	for (int i = 0; i < WAIT_MS && !has_carrier(interface); i++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	ck_assert(has_carrier(interface));
}

void net_fixture_enter(void)
{
	ck_assert_msg(make_network(), "cannot make a network: %s", strerror(errno));
	/* The kernel tells of a new cable's carrier a little later. */
	await_carrier("left0");
	await_carrier("right0");
}

static void be_host(int line, void (*there)(void))
{
	char word = 'p';
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNET) != 0 || write(line, &word, 1) != 1 || read(line, &word, 1) != 1 ||
	    !run_ip("link set lo up") || !run_ip("link set right0 up"))
		_exit(1);
	await_carrier("right0");
	there();
	if (write(line, &word, 1) == 1)
		pause();
	_exit(1);
}

int net_fixture_part(void (*there)(void))
{
	int line[2];
	char word = 'h', words[64];
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line), 0);
	pid_t pid = fork();
	if (pid == 0)
		be_host(line[1], there);
	close(line[1]);
	ck_assert_int_eq(read(line[0], &word, 1), 1);
	(void)snprintf(words, sizeof words, "link set right0 netns %d", (int)pid);
	net_fixture_ip(words);
	ck_assert_int_eq(write(line[0], &word, 1), 1);
	ck_assert_int_eq(read(line[0], &word, 1), 1);
	close(line[0]);
	await_carrier("left0");
	return (int)pid;
}

void net_fixture_switch_off(int host)
{
	(void)kill(host, SIGKILL);
	(void)waitpid(host, NULL, 0);
}

void net_fixture_write(const char *path, const char *text)
{
	ck_assert_msg(write_text(path, text), "cannot write %s", path);
}

void net_fixture_ip(const char *words)
{
	ck_assert_msg(run_ip(words), "ip %s failed", words);
}

bool net_fixture_ip_says(const char *words, const char *what)
{
	char text[4096];
	int ends[2];
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_msg(run_ip_into(words, ends[1]), "ip %s failed", words);
	close(ends[1]);
	ssize_t length = read(ends[0], text, sizeof text - 1);
	close(ends[0]);
	ck_assert_int_ge(length, 0);
	text[length] = '\0';
	return strstr(text, what) != NULL;
}

int net_fixture_listen(const char *interface)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	at.sll_ifindex = (int)if_nametoindex(interface);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

size_t net_fixture_receive(int fd, uint8_t *frame, size_t size)
{
	for (;;) {
		struct pollfd wanted = {.fd = fd, .events = POLLIN};
		if (poll(&wanted, 1, WAIT_MS) <= 0)
			return 0;
		struct sockaddr_ll from;
		socklen_t length = sizeof from;
		ssize_t got = recvfrom(fd, frame, size, 0, (struct sockaddr *)&from, &length);
		if (got > 0 && from.sll_pkttype != PACKET_OUTGOING)
			return (size_t)got;
	}
}

void net_fixture_send(const char *interface, const uint8_t *frame, size_t length)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = ETH_ALEN};
	to.sll_ifindex = (int)if_nametoindex(interface);
	memcpy(to.sll_addr, frame, ETH_ALEN);
	ck_assert_int_eq(sendto(fd, frame, length, 0, (const struct sockaddr *)&to, sizeof to),
	                 (ssize_t)length);
	close(fd);
}

void net_fixture_station(const char *interface, uint8_t station[6])
{
	struct ifreq request;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memset(&request, 0, sizeof request);
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
	ck_assert_int_eq(ioctl(fd, SIOCGIFHWADDR, &request), 0);
	memcpy(station, request.ifr_hwaddr.sa_data, 6);
	close(fd);
}
