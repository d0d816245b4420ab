/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records the UDP datagrams of one port as whole Ethernet frames, and plays a recording again from
 * another machine: same IP addresses, same bytes, only the sending hardware address is the
 * player's. A recording is a row of frames, each behind its length in four bytes of this host's
 * order. Understands nothing of what is in them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_BYTES = 2048, NS_PER_S = 1000000000, RECEIVE_BYTES = 8 * 1024 * 1024 };

static int open_wire(const char *interface, uint16_t type, struct sockaddr_ll *address)
{
	*address = (struct sockaddr_ll){.sll_family = AF_PACKET,
	                                .sll_protocol = htons(type),
	                                .sll_ifindex = (int)if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(type));
	int bytes = RECEIVE_BYTES;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		bytes = 0; /* the default must do */
	if (fd < 0 || bind(fd, (const struct sockaddr *)address, sizeof *address) != 0)
		return -1;
	return fd;
}

static bool is_of_port(const uint8_t *frame, size_t length, uint16_t port)
{
	struct iphdr ip;
	struct udphdr udp;
	if (length < ETH_HLEN + sizeof ip + sizeof udp)
		return false;
	memcpy(&ip, frame + ETH_HLEN, sizeof ip);
	if (ip.version != 4 || ip.protocol != IPPROTO_UDP ||
	    length < ETH_HLEN + ip.ihl * 4U + sizeof udp)
		return false;
	memcpy(&udp, frame + ETH_HLEN + ip.ihl * 4U, sizeof udp);
	return ntohs(udp.uh_dport) == port;
}

/* Until it is told to stop. Each frame is written whole, so a killed recorder leaves a good tape.
 */
static int record(const char *interface, uint16_t port, const char *path)
{
	struct sockaddr_ll wire;
	int in = open_wire(interface, ETH_P_ALL, &wire);
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint8_t record[sizeof(uint32_t) + FRAME_BYTES];
	if (in < 0 || out < 0)
		return 1;
	(void)puts("{\"event\":\"ready\",\"t\":0}");
	(void)fflush(stdout);
	for (;;) {
		ssize_t got = recv(in, record + sizeof(uint32_t), FRAME_BYTES, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return 1;
		if (!is_of_port(record + sizeof(uint32_t), (size_t)got, port))
			continue;
		const uint32_t length = (uint32_t)got;
		memcpy(record, &length, sizeof length);
		const size_t bytes = sizeof length + length;
		if (write(out, record, bytes) != (ssize_t)bytes)
			return 1;
	}
}

static void pause_until(uint64_t start_ns, uint64_t frame, uint64_t per_second)
{
	const uint64_t due = start_ns + frame * NS_PER_S / per_second;
	const struct timespec until = {.tv_sec = (time_t)(due / NS_PER_S),
	                               .tv_nsec = (long)(due % NS_PER_S)};
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* A frame taken where it was sent has no UDP checksum yet: the interface would have added it. None
 * at all is as good as a right one. */
static void clear_checksum(uint8_t *frame)
{
	const size_t udp = ETH_HLEN + (frame[ETH_HLEN] & 0x0fU) * 4U;
	memset(frame + udp + offsetof(struct udphdr, uh_sum), 0, sizeof(uint16_t));
}

static uint64_t play_all(int out, const struct sockaddr_ll *wire, const uint8_t *mac, FILE *tape,
                         uint64_t per_second)
{
	uint8_t frame[FRAME_BYTES];
	uint32_t length = 0;
	uint64_t played = 0;
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	const uint64_t start = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
	while (fread(&length, sizeof length, 1, tape) == 1 && length <= sizeof frame &&
	       fread(frame, 1, length, tape) == length) {
		memcpy(frame + ETH_ALEN, mac, ETH_ALEN);
		clear_checksum(frame);
		pause_until(start, played, per_second);
		if (sendto(out, frame, length, 0, (const struct sockaddr *)wire, sizeof *wire) > 0)
			played++;
	}
	return played;
}

static int play(const char *interface, const char *path, uint64_t per_second)
{
	struct sockaddr_ll wire;
	int out = open_wire(interface, ETH_P_IP, &wire);
	FILE *tape = fopen(path, "rb");
	struct ifreq request = {.ifr_name = ""};
	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
	if (out < 0 || tape == NULL || ioctl(out, SIOCGIFHWADDR, &request) != 0) {
		if (tape != NULL)
			(void)fclose(tape);
		return 1;
	}
	const uint64_t played =
	    play_all(out, &wire, (const uint8_t *)request.ifr_hwaddr.sa_data, tape, per_second);
	(void)printf("{\"event\":\"played\",\"t\":0,\"frames\":%llu}\n",
	             (unsigned long long)played);
	(void)fclose(tape);
	return 0;
}

int main(int argc, char **argv)
{
	int code = 2;
	errno = 0;
	if (argc == 5 && strcmp(argv[1], "record") == 0)
		code = record(argv[2], (uint16_t)strtoul(argv[3], NULL, 10), argv[4]);
	else if (argc == 5 && strcmp(argv[1], "play") == 0)
		code = play(argv[2], argv[3], strtoull(argv[4], NULL, 10));
	else
		(void)fputs("usage: tape record INTERFACE PORT FILE | "
		            "tape play INTERFACE FILE PER_SECOND\n",
		            stderr);
	if (code == 1)
		(void)fprintf(stderr, "tape: %s: %s\n", argv[1], strerror(errno));
	return code;
}
