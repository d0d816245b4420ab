/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that knows to the millisecond who answers behind a virtual address. Each millisecond one
 * UDP query, as a client would send it; every fifth millisecond one question to everyone on the
 * network (question.h). Writes JSON lines (tally.h) and a summary when told to stop. Judges
 * nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/netns/question.h"
#include "tests/netns/tally.h"

enum {
	PERIOD_NS = 1000000,
	PERIODS_PER_QUESTION = 5,
	PRIORITY = 20,
	NS_PER_S = 1000000000,
	FRAME_BYTES = 2048,
	ANSWER_BYTES = 8 + 8 + TALLY_NAME_BYTES,
};

enum { SOURCE_TIMER, SOURCE_STOP, SOURCE_CLIENT, SOURCE_WIRE, SOURCES };

struct prober {
	int fds[SOURCES]; /* owned */
	struct sockaddr_storage target;
	socklen_t target_length;
	struct question question;
	struct sockaddr_ll interface;
	uint64_t next_ns; /* when the next period begins */
	uint64_t period;
	struct tally tally;
};

static uint64_t clock_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static bool set_target(struct prober *prober, const char *address, const char *port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&prober->target;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&prober->target;
	const in_port_t number = htons((uint16_t)strtoul(port, NULL, 10));
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = number;
		prober->target_length = sizeof *v4;
		return true;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = number;
	prober->target_length = sizeof *v6;
	return inet_pton(AF_INET6, address, &v6->sin6_addr) == 1;
}

static bool open_wire(struct prober *prober, const char *address, const char *interface)
{
	struct ifreq request = {.ifr_name = ""};
	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
	if (ioctl(prober->fds[SOURCE_CLIENT], SIOCGIFHWADDR, &request) != 0 ||
	    !question_init(&prober->question, address, (const uint8_t *)request.ifr_hwaddr.sa_data))
		return false;
	const uint16_t type = prober->question.is_ipv6 ? ETH_P_IPV6 : ETH_P_ARP;
	prober->interface = (struct sockaddr_ll){.sll_family = AF_PACKET,
	                                         .sll_protocol = htons(type),
	                                         .sll_ifindex = (int)if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(type));
	prober->fds[SOURCE_WIRE] = fd;
	return fd >= 0 &&
	       bind(fd, (const struct sockaddr *)&prober->interface, sizeof prober->interface) == 0;
}

static bool open_timer(struct prober *prober)
{
	prober->next_ns = clock_ns() + PERIOD_NS;
	const struct itimerspec first = {
	    .it_value = {.tv_sec = (time_t)(prober->next_ns / NS_PER_S),
	                 .tv_nsec = (long)(prober->next_ns % NS_PER_S)},
	    .it_interval = {.tv_nsec = PERIOD_NS},
	};
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	prober->fds[SOURCE_TIMER] = fd;
	return fd >= 0 && timerfd_settime(fd, TFD_TIMER_ABSTIME, &first, NULL) == 0;
}

static bool open_stop(struct prober *prober)
{
	sigset_t stop;
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	prober->fds[SOURCE_STOP] = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	return prober->fds[SOURCE_STOP] >= 0;
}

static bool open_all(struct prober *prober, char **arguments)
{
	tally_init(&prober->tally, STDOUT_FILENO);
	if (!set_target(prober, arguments[0], arguments[1]))
		return false;
	prober->fds[SOURCE_CLIENT] =
	    socket(prober->target.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return prober->fds[SOURCE_CLIENT] >= 0 && open_wire(prober, arguments[0], arguments[2]) &&
	       open_stop(prober);
}

static void ask(struct prober *prober)
{
	const uint64_t query = prober->tally.asked++;
	uint8_t frame[QUESTION_BYTES];
	/* No route or no neighbour is an outage like any other: the missing answer tells of it. */
	(void)sendto(prober->fds[SOURCE_CLIENT], &query, sizeof query, 0,
	             (const struct sockaddr *)&prober->target, prober->target_length);
	if (prober->period++ % PERIODS_PER_QUESTION != 0)
		return;
	/* Numbers begin at 1: an empty place of the table is no question. */
	const uint32_t number = (uint32_t)++prober->tally.questions;
	const size_t length = question_frame(&prober->question, number, frame);
	(void)sendto(prober->fds[SOURCE_WIRE], frame, length, 0,
	             (const struct sockaddr *)&prober->interface, sizeof prober->interface);
}

static void on_timer(struct prober *prober)
{
	uint64_t periods = 0;
	if (read(prober->fds[SOURCE_TIMER], &periods, sizeof periods) != sizeof periods)
		return;
	tally_period(&prober->tally, clock_ns(), prober->next_ns, periods - 1);
	prober->next_ns += periods * PERIOD_NS;
	ask(prober);
}

static void on_client(struct prober *prober)
{
	uint8_t answer[ANSWER_BYTES];
	for (;;) {
		ssize_t got = recv(prober->fds[SOURCE_CLIENT], answer, sizeof answer, 0);
		/* "Connection refused" and the like come here as errors of the socket. */
		if (got < 0 && errno != EAGAIN)
			continue;
		if (got < 0)
			return;
		answer[sizeof answer - 1] = 0;
		if (got == sizeof answer)
			tally_answer(&prober->tally, clock_ns(), (const char *)answer + 16);
	}
}

static void on_wire(struct prober *prober)
{
	uint8_t frame[FRAME_BYTES];
	uint8_t mac[ETH_ALEN];
	uint32_t number = 0;
	for (;;) {
		ssize_t got = recv(prober->fds[SOURCE_WIRE], frame, sizeof frame, 0);
		if (got < 0 && errno != EAGAIN)
			continue;
		if (got < 0)
			return;
		if (question_answered(&prober->question, frame, (size_t)got, &number, mac))
			tally_question_answer(&prober->tally, clock_ns(), number, mac);
	}
}

static int run(struct prober *prober)
{
	static void (*const on[SOURCES])(struct prober *) = {
	    [SOURCE_TIMER] = on_timer,
	    [SOURCE_CLIENT] = on_client,
	    [SOURCE_WIRE] = on_wire,
	};
	struct pollfd polls[SOURCES];
	for (int i = 0; i < SOURCES; i++)
		polls[i] = (struct pollfd){.fd = prober->fds[i], .events = POLLIN};
	for (;;) {
		if (poll(polls, SOURCES, -1) < 0 && errno != EINTR)
			return 1;
		if (polls[SOURCE_STOP].revents != 0)
			break;
		for (int i = 0; i < SOURCES; i++)
			if (polls[i].revents != 0)
				on[i](prober);
	}
	tally_summary(&prober->tally, clock_ns());
	return 0;
}

int main(int argc, char **argv)
{
	struct prober prober = {.fds = {-1, -1, -1, -1}};
	if (argc != 4) {
		(void)fputs("usage: prober ADDRESS PORT INTERFACE\n", stderr);
		return 2;
	}
	/* Not getting these only makes the measurement less exact; the summary tells how late. */
	(void)sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY});
	(void)mlockall(MCL_CURRENT | MCL_FUTURE);
	if (!open_all(&prober, argv + 1) || !open_timer(&prober)) {
		(void)fprintf(stderr, "prober: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return run(&prober);
}
