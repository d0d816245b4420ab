/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Junk at a port, at a steady rate: random bytes of random length, or copies of a recorded datagram
 * with a random tag, which look right up to the tag. Reports what it sent. Knows of the protocol
 * only where the tag stands.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 50,
	DATAGRAM_MAX = 1400,
	TAG_BYTES = 16, /* the last of a datagram */
	TARGETS_MAX = 16,
	NS_PER_S = 1000000000,
};

struct flood {
	int fd;
	uint64_t random;       /* state of xorshift */
	size_t template_bytes; /* 0: random bytes */
	uint8_t template[DATAGRAM_MAX];
	unsigned target_count;
	struct sockaddr_in targets[TARGETS_MAX];
	uint64_t sent;
	uint64_t refused; /* by our own kernel: the queue was full */
};

static uint64_t next_random(struct flood *flood)
{
	flood->random ^= flood->random << 13;
	flood->random ^= flood->random >> 7;
	flood->random ^= flood->random << 17;
	return flood->random;
}

static void fill_random(struct flood *flood, uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
		const uint64_t value = next_random(flood);
		const size_t left = length - i;
		memcpy(bytes + i, &value, left < sizeof value ? left : sizeof value);
	}
}

static size_t make(struct flood *flood, uint8_t bytes[DATAGRAM_MAX])
{
	if (flood->template_bytes > TAG_BYTES) {
		memcpy(bytes, flood->template, flood->template_bytes);
		fill_random(flood, bytes + flood->template_bytes - TAG_BYTES, TAG_BYTES);
		return flood->template_bytes;
	}
	const size_t length = next_random(flood) % DATAGRAM_MAX;
	fill_random(flood, bytes, length);
	return length;
}

static void send_batch(struct flood *flood)
{
	static const size_t bytes_per_datagram = DATAGRAM_MAX;
	uint8_t bytes[BATCH * DATAGRAM_MAX];
	struct iovec iov[BATCH];
	struct mmsghdr messages[BATCH];
	memset(messages, 0, sizeof messages);
	for (unsigned i = 0; i < BATCH; i++) {
		uint8_t *at = bytes + i * bytes_per_datagram;
		iov[i] = (struct iovec){.iov_base = at, .iov_len = make(flood, at)};
		messages[i].msg_hdr = (struct msghdr){
		    .msg_name = &flood->targets[(flood->sent + i) % flood->target_count],
		    .msg_namelen = sizeof flood->targets[0],
		    .msg_iov = &iov[i],
		    .msg_iovlen = 1,
		};
	}
	int sent = sendmmsg(flood->fd, messages, BATCH, 0);
	if (sent > 0)
		flood->sent += (uint64_t)sent;
	if (sent < BATCH)
		flood->refused += (uint64_t)(BATCH - (sent > 0 ? sent : 0));
}

static uint64_t clock_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* A batch that is late is sent at once, so that the rate holds over the whole time. */
static void run(struct flood *flood, uint64_t per_second, uint64_t seconds)
{
	const uint64_t gap_ns = NS_PER_S * (uint64_t)BATCH / per_second;
	const uint64_t start = clock_ns();
	const uint64_t batches = per_second * seconds / BATCH;
	for (uint64_t batch = 0; batch < batches; batch++) {
		const uint64_t due = start + batch * gap_ns;
		if (clock_ns() < due) {
			const struct timespec until = {.tv_sec = (time_t)(due / NS_PER_S),
			                               .tv_nsec = (long)(due % NS_PER_S)};
			(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		}
		send_batch(flood);
	}
	const double took = (double)(clock_ns() - start) / NS_PER_S;
	(void)printf("{\"event\":\"flood\",\"t\":0,\"sent\":%llu,\"refused\":%llu,\"seconds\":%.3f,"
	             "\"per_second\":%.0f}\n",
	             (unsigned long long)flood->sent, (unsigned long long)flood->refused, took,
	             (double)flood->sent / took);
}

/* ADDRESS:PORT of IPv4 */
static bool add_target(struct flood *flood, const char *text)
{
	char address[INET_ADDRSTRLEN];
	const char *colon = strchr(text, ':');
	if (colon == NULL || (size_t)(colon - text) >= sizeof address ||
	    flood->target_count == TARGETS_MAX)
		return false;
	(void)snprintf(address, sizeof address, "%.*s", (int)(colon - text), text);
	struct sockaddr_in *target = &flood->targets[flood->target_count++];
	*target = (struct sockaddr_in){.sin_family = AF_INET,
	                               .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10))};
	return inet_pton(AF_INET, address, &target->sin_addr) == 1;
}

static bool read_template(struct flood *flood, const char *path)
{
	if (strcmp(path, "random") == 0)
		return true;
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return false;
	flood->template_bytes = fread(flood->template, 1, sizeof flood->template, file);
	(void)fclose(file);
	return flood->template_bytes > TAG_BYTES;
}

/* From a member's own address, if one is given: a host may claim any. */
static bool bind_source(const struct flood *flood, const char *address)
{
	struct sockaddr_in source = {.sin_family = AF_INET};
	int on = 1;
	return strcmp(address, "own") == 0 ||
	       (inet_pton(AF_INET, address, &source.sin_addr) == 1 &&
	        setsockopt(flood->fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on) == 0 &&
	        setsockopt(flood->fd, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on) == 0 &&
	        bind(flood->fd, (const struct sockaddr *)&source, sizeof source) == 0);
}

int main(int argc, char **argv)
{
	struct flood flood = {.random = 0x9e3779b97f4a7c15U};
	if (argc < 6) {
		(void)fputs("usage: flood PER_SECOND SECONDS random|TEMPLATE own|SOURCE "
		            "ADDRESS:PORT...\n",
		            stderr);
		return 2;
	}
	flood.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ready =
	    flood.fd >= 0 && read_template(&flood, argv[3]) && bind_source(&flood, argv[4]);
	for (int i = 5; i < argc && ready; i++)
		ready = add_target(&flood, argv[i]);
	if (!ready) {
		(void)fprintf(stderr, "flood: cannot begin: %s\n", strerror(errno));
		return 1;
	}
	run(&flood, strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10));
	return 0;
}
