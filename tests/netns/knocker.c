/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A neighbour that believes an address to be at one station, whoever has it now, and asks that
 * station each millisecond by ARP or neighbour solicitation, ping and TCP. Writes when each kind of
 * question was last answered, when told to stop. Judges nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/daemon/gateframe.h"

enum { PERIOD_NS = 1000000, PRIORITY = 20, FRAME_ROOM = 2048, CONTROL_ROOM = 128 };

static const char *const words[QUESTIONS] = {
    [ASK_NEIGHBOUR] = "neighbour",
    [ASK_PING] = "ping",
    [ASK_TCP] = "tcp",
};

struct knocker {
	int wire, timer, stop; /* owned */
	struct sockaddr_ll interface;
	struct address address;
	uint8_t station[ETH_ALEN];
	double wall_ahead_s; /* of CLOCK_BOOTTIME */
	unsigned long asked, answered[QUESTIONS];
	double last[QUESTIONS]; /* CLOCK_BOOTTIME in seconds; 0: never */
};

static double seconds(const struct timespec *time)
{
	return (double)time->tv_sec + (double)time->tv_nsec / 1e9;
}

static double now_s(clockid_t clock)
{
	struct timespec now;
	(void)clock_gettime(clock, &now);
	return seconds(&now);
}

/* When the kernel had the frame, whenever this process comes to read it. */
static double arrival_s(const struct knocker *knocker, struct msghdr *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part)) {
		struct timespec arrival;
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&arrival, CMSG_DATA(part), sizeof arrival);
		return seconds(&arrival) - knocker->wall_ahead_s;
	}
	return now_s(CLOCK_BOOTTIME);
}

static bool read_station(const char *text, uint8_t station[ETH_ALEN])
{
	unsigned part[ETH_ALEN];
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &part[0], &part[1], &part[2], &part[3],
	           &part[4], &part[5]) != ETH_ALEN)
		return false;
	for (int i = 0; i < ETH_ALEN; i++)
		station[i] = (uint8_t)part[i];
	return true;
}

static bool read_address(const char *text, struct address *address)
{
	address->family = AF_INET;
	if (inet_pton(AF_INET, text, address->bytes) == 1)
		return true;
	address->family = AF_INET6;
	return inet_pton(AF_INET6, text, address->bytes) == 1;
}

static bool open_all(struct knocker *knocker, const char *interface)
{
	const struct itimerspec period = {.it_value = {.tv_nsec = PERIOD_NS},
	                                  .it_interval = {.tv_nsec = PERIOD_NS}};
	const int on = 1;
	sigset_t stop;
	knocker->wall_ahead_s = now_s(CLOCK_REALTIME) - now_s(CLOCK_BOOTTIME);
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	knocker->stop = signalfd(-1, &stop, SFD_CLOEXEC);
	knocker->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	knocker->wire =
	    socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
	knocker->interface = (struct sockaddr_ll){.sll_family = AF_PACKET,
	                                          .sll_protocol = htons(ETH_P_ALL),
	                                          .sll_ifindex = (int)if_nametoindex(interface)};
	return knocker->stop >= 0 && knocker->timer >= 0 && knocker->wire >= 0 &&
	       bind(knocker->wire, (const struct sockaddr *)&knocker->interface,
	            sizeof knocker->interface) == 0 &&
	       setsockopt(knocker->wire, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0 &&
	       timerfd_settime(knocker->timer, 0, &period, NULL) == 0;
}

static void ask(struct knocker *knocker)
{
	uint64_t periods = 0;
	if (read(knocker->timer, &periods, sizeof periods) != sizeof periods)
		return;
	knocker->asked++;
	for (int i = 0; i < QUESTIONS; i++) {
		struct frame frame =
		    frame_question((enum question)i, knocker->station, &knocker->address);
		(void)sendto(knocker->wire, frame.bytes, frame.length, 0,
		             (const struct sockaddr *)&knocker->interface,
		             sizeof knocker->interface);
	}
}

static void listen_once(struct knocker *knocker)
{
	uint8_t frame[FRAME_ROOM];
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_ROOM];
	for (;;) {
		struct iovec part = {frame, sizeof frame};
		struct msghdr message = {.msg_iov = &part,
		                         .msg_iovlen = 1,
		                         .msg_control = control,
		                         .msg_controllen = sizeof control};
		ssize_t got = recvmsg(knocker->wire, &message, 0);
		if (got < 0 && errno != EAGAIN)
			continue;
		if (got < 0)
			return;
		if (got < ETH_HLEN || memcmp(frame + ETH_ALEN, knocker->station, ETH_ALEN) != 0)
			continue;
		for (int i = 0; i < QUESTIONS; i++) {
			if (!frame_is_answer(frame, (size_t)got, (enum question)i,
			                     &knocker->address))
				continue;
			knocker->answered[i]++;
			knocker->last[i] = arrival_s(knocker, &message);
		}
	}
}

static void tell(const struct knocker *knocker)
{
	(void)printf("{\"event\": \"knocked\", \"asked\": %lu", knocker->asked);
	for (int i = 0; i < QUESTIONS; i++)
		(void)printf(", \"%s\": {\"answered\": %lu, \"last\": %.9f}", words[i],
		             knocker->answered[i], knocker->last[i]);
	(void)puts("}");
}

int main(int argc, char **argv)
{
	struct knocker knocker = {.wire = -1};
	if (argc != 4 || !read_address(argv[1], &knocker.address) ||
	    !read_station(argv[2], knocker.station)) {
		(void)fputs("usage: knocker ADDRESS STATION INTERFACE\n", stderr);
		return 2;
	}
	/* Not getting these only makes the measurement less exact. */
	(void)sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY});
	(void)mlockall(MCL_CURRENT | MCL_FUTURE);
	if (!open_all(&knocker, argv[3])) {
		(void)fprintf(stderr, "knocker: %s: %s\n", argv[3], strerror(errno));
		return 1;
	}
	(void)printf("{\"event\": \"ready\", \"t\": %.9f}\n", now_s(CLOCK_BOOTTIME));
	(void)fflush(stdout);
	struct pollfd polls[] = {
	    {knocker.wire, POLLIN, 0}, {knocker.timer, POLLIN, 0}, {knocker.stop, POLLIN, 0}};
	while (polls[2].revents == 0) {
		if (poll(polls, 3, -1) < 0 && errno != EINTR)
			return 1;
		listen_once(&knocker);
		ask(&knocker);
	}
	tell(&knocker);
	return 0;
}
