/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames byte by byte: the questions of a neighbour, and what a host says of itself.
 */
#include "tests/daemon/gateframe.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <string.h>

enum {
	ETHERNET_BYTES = 14,
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_IPV6 = 0x86dd,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	SOLICITATION = 135,
	ADVERTISEMENT = 136,
	NEIGHBOUR_BYTES = 32, /* with the station of the sender */
	ECHO_BYTES = 16,
	TCP_BYTES = 20,
	EXTENSION_BYTES = 8,
};

static const uint8_t neighbour[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};

static void put(struct frame *frame, const void *bytes, size_t length)
{
	memcpy(frame->bytes + frame->length, bytes, length);
	frame->length += length;
}

static void put_u16(struct frame *frame, unsigned value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
	put(frame, bytes, sizeof bytes);
}

static struct frame begin(const uint8_t to[6], uint16_t type)
{
	struct frame frame = {.length = 0};
	put(&frame, to, 6);
	put(&frame, neighbour, sizeof neighbour);
	put_u16(&frame, type);
	return frame;
}

static struct address address_of(const char *text)
{
	struct address address = {.family = AF_INET};
	if (inet_pton(AF_INET, text, address.bytes) == 1)
		return address;
	address.family = AF_INET6;
	int understood = inet_pton(AF_INET6, text, address.bytes);
	assert(understood == 1);
	return address;
}

static struct address self(uint8_t family)
{
	return address_of(family == AF_INET ? "10.9.0.2" : "fd00:9::2");
}

static size_t width(const struct address *address)
{
	return address->family == AF_INET ? 4 : 16;
}

static struct frame make_arp(const uint8_t to[6], uint16_t operation, const struct address *sender,
                             const struct address *target)
{
	static const uint8_t head[] = {0, 1, 8, 0, 6, 4};
	struct frame frame = begin(to, TYPE_ARP);
	put(&frame, head, sizeof head);
	put_u16(&frame, operation);
	put(&frame, neighbour, sizeof neighbour);
	put(&frame, sender->bytes, 4);
	put(&frame, operation == 1 ? (const uint8_t[6]){0} : to, 6);
	put(&frame, target->bytes, 4);
	return frame;
}

static uint16_t sum(const uint8_t *bytes, size_t length, uint32_t total)
{
	for (size_t i = 0; i < length; i++)
		total += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	while (total >> 16 != 0)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)total;
}

static void put_ip(struct frame *frame, const struct address *from, const struct address *to,
                   uint8_t protocol, uint16_t length)
{
	if (from->family == AF_INET6) {
		const uint8_t head[] = {0x60, 0, 0, 0, 0, (uint8_t)length, protocol, 255};
		put(frame, head, sizeof head);
	} else {
		uint8_t head[] = {0x45,     0, 0, (uint8_t)(IPV4_BYTES + length), 0, 0, 0, 0, 64,
		                  protocol, 0, 0};
		uint32_t total = sum(head, sizeof head, sum(from->bytes, 4, sum(to->bytes, 4, 0)));
		uint16_t check = (uint16_t)~total;
		head[10] = (uint8_t)(check >> 8);
		head[11] = (uint8_t)check;
		put(frame, head, sizeof head);
	}
	put(frame, from->bytes, width(from));
	put(frame, to->bytes, width(to));
}

/* A packet with its checksum at `check` of the body; ICMPv4 has none over the addresses. */
static void put_packet(struct frame *frame, const struct address *from, const struct address *to,
                       uint8_t protocol, const struct frame *body, size_t check)
{
	uint32_t total = 0;
	uint16_t length = (uint16_t)body->length;
	put_ip(frame, from, to, protocol, length);
	if (protocol != IPPROTO_ICMP)
		total = sum(from->bytes, width(from),
		            sum(to->bytes, width(to), (uint32_t)protocol + length));
	uint16_t value = (uint16_t)~sum(body->bytes, length, total);
	uint8_t *place = frame->bytes + frame->length + check;
	put(frame, body->bytes, length);
	place[0] = (uint8_t)(value >> 8);
	place[1] = (uint8_t)value;
}

static struct frame make_neighbour(uint8_t type, const struct address *from,
                                   const struct address *to, const struct address *target)
{
	const uint8_t mac[6] = {0x33,          0x33,          to->bytes[12],
	                        to->bytes[13], to->bytes[14], to->bytes[15]};
	struct frame frame = begin(mac, TYPE_IPV6);
	struct frame body = {.length = 8, .bytes = {type}};
	put(&body, target->bytes, 16);
	/* One that does not know yet who it is names no station. */
	if (from->bytes[0] != 0) {
		put_u16(&body, type == SOLICITATION ? 0x0101 : 0x0201);
		put(&body, neighbour, sizeof neighbour);
	}
	put_packet(&frame, from, to, IPPROTO_ICMPV6, &body, 2);
	return frame;
}

static struct address group_of(const struct address *target)
{
	struct address group = address_of("ff02::1:ff00:0");
	memcpy(group.bytes + 13, target->bytes + 13, 3);
	return group;
}

struct frame frame_arp(uint16_t operation, const char *sender, const char *target)
{
	const struct address from = address_of(sender), to = address_of(target);
	return make_arp(everybody, operation, &from, &to);
}

struct frame frame_advertisement(const char *source, const char *target)
{
	const struct address from = address_of(source), of = address_of(target),
			     all = address_of("ff02::1");
	return make_neighbour(ADVERTISEMENT, &from, &all, &of);
}

struct frame frame_solicitation(const char *source, const char *target)
{
	const struct address from = address_of(source), of = address_of(target),
			     group = group_of(&of);
	return make_neighbour(SOLICITATION, &from, &group, &of);
}

struct frame frame_datagram(const uint8_t station[6], const char *source, const char *target)
{
	const struct address from = address_of(source), to = address_of(target);
	struct frame frame = begin(station, from.family == AF_INET ? TYPE_IPV4 : TYPE_IPV6);
	struct frame body = {.length = 12, .bytes = {0x30, 0x39, 0x30, 0x39, 0, 12}};
	put_packet(&frame, &from, &to, IPPROTO_UDP, &body, 6);
	return frame;
}

static struct frame ask_neighbour(const struct address *address)
{
	const struct address from = self(address->family);
	if (address->family == AF_INET)
		return make_arp(everybody, 1, &from, address);
	const struct address group = group_of(address);
	return make_neighbour(SOLICITATION, &from, &group, address);
}

static struct frame ask_ping(const uint8_t station[6], const struct address *address)
{
	const struct address from = self(address->family);
	bool is_four = address->family == AF_INET;
	struct frame frame = begin(station, is_four ? TYPE_IPV4 : TYPE_IPV6);
	const struct frame body = {.length = ECHO_BYTES, .bytes = {is_four ? 8 : 128}};
	put_packet(&frame, &from, address, is_four ? IPPROTO_ICMP : IPPROTO_ICMPV6, &body, 2);
	return frame;
}

/* To a port where nobody listens: what is there says so. */
static struct frame ask_tcp(const uint8_t station[6], const struct address *address)
{
	const struct address from = self(address->family);
	struct frame frame = begin(station, address->family == AF_INET ? TYPE_IPV4 : TYPE_IPV6);
	const struct frame body = {
	    .length = TCP_BYTES,
	    .bytes = {0x30, 0x39, 0x30, 0x39, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0x10},
	};
	put_packet(&frame, &from, address, IPPROTO_TCP, &body, 16);
	return frame;
}

struct frame frame_question(enum question question, const uint8_t station[6],
                            const struct address *address)
{
	switch (question) {
	case ASK_NEIGHBOUR:
		return ask_neighbour(address);
	case ASK_PING:
		return ask_ping(station, address);
	case ASK_TCP:
		return ask_tcp(station, address);
	}
	return (struct frame){.length = 0};
}

static void insert(struct frame *frame, size_t at, const void *bytes, size_t length)
{
	memmove(frame->bytes + at + length, frame->bytes + at, frame->length - at);
	memcpy(frame->bytes + at, bytes, length);
	frame->length += length;
}

void frame_tag(struct frame *frame, uint16_t type, uint16_t number)
{
	const uint8_t tag[] = {(uint8_t)(type >> 8), (uint8_t)type, (uint8_t)(number >> 8),
	                       (uint8_t)number};
	insert(frame, 12, tag, sizeof tag);
}

void frame_extend(struct frame *frame, uint8_t kind)
{
	uint8_t *ip = frame->bytes + ETHERNET_BYTES;
	/* Padding only, of six bytes. */
	const uint8_t extension[EXTENSION_BYTES] = {ip[6], 0, 1, 4};
	ip[5] = (uint8_t)(ip[5] + EXTENSION_BYTES);
	ip[6] = kind;
	insert(frame, ETHERNET_BYTES + IPV6_BYTES, extension, sizeof extension);
}

bool frame_is_answer(const uint8_t *frame, size_t length, enum question question,
                     const struct address *address)
{
	bool is_four = address->family == AF_INET;
	const uint8_t *ip = frame + ETHERNET_BYTES;
	size_t head = is_four ? IPV4_BYTES : IPV6_BYTES;
	unsigned type = length < ETHERNET_BYTES + 28 ? 0 : (unsigned)(frame[12] << 8 | frame[13]);
	if (question == ASK_NEIGHBOUR && is_four)
		return type == TYPE_ARP && ip[7] == 2 && memcmp(ip + 14, address->bytes, 4) == 0;
	if (type != (is_four ? TYPE_IPV4 : TYPE_IPV6) || length < ETHERNET_BYTES + head + 8)
		return false;
	uint8_t protocol = ip[is_four ? 9 : 6];
	bool is_icmp = protocol == (is_four ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (question == ASK_NEIGHBOUR)
		return is_icmp && ip[head] == ADVERTISEMENT &&
		       memcmp(ip + head + 8, address->bytes, 16) == 0;
	if (memcmp(ip + (is_four ? 12 : 8), address->bytes, width(address)) != 0)
		return false;
	return question == ASK_PING ? is_icmp && ip[head] == (is_four ? 0 : 129)
	                            : protocol == IPPROTO_TCP;
}
