/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet frames of announcements and of questions for others, as bytes. Does no I/O.
 */
#include "daemon/platform/linux/frame.h"

#include <string.h>

enum {
	STATION_BYTES = 6,
	ETHERNET_BYTES = 14,
	TYPE_ARP = 0x0806,
	TYPE_IPV6 = 0x86dd,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
	NEXT_ICMPV6 = 58,
	HOP_LIMIT = 255, /* receivers refuse neighbour discovery with any other */
	SOLICITATION = 135,
	ADVERTISEMENT = 136,
	DISCOVERY_BYTES = 32, /* of either, with the option that carries a link address */
	FLAG_ROUTER = 0x80,
	FLAG_OVERRIDE = 0x20,
	OPTION_SOURCE_STATION = 1,
	OPTION_TARGET_STATION = 2,
};

static const uint8_t EVERYBODY[STATION_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void put(struct frame *frame, const void *bytes, size_t length)
{
	memcpy(frame->bytes + frame->length, bytes, length);
	frame->length += length;
}

static void put_byte(struct frame *frame, uint8_t value)
{
	frame->bytes[frame->length++] = value;
}

static void put_half(struct frame *frame, unsigned value)
{
	put_byte(frame, (uint8_t)(value >> 8));
	put_byte(frame, (uint8_t)value);
}

static void put_ethernet(struct frame *frame, const uint8_t to[6], const uint8_t from[6],
                         unsigned type)
{
	frame->length = 0;
	put(frame, to, STATION_BYTES);
	put(frame, from, STATION_BYTES);
	put_half(frame, type);
}

struct arp {
	unsigned operation;
	const uint8_t *sender;         /* IPv4 address */
	const uint8_t *target_station; /* in the packet; the frame goes to everybody */
};

static void put_arp(struct frame *frame, const uint8_t station[6], const uint8_t address[4],
                    const struct arp *arp)
{
	put_ethernet(frame, EVERYBODY, station, TYPE_ARP);
	put_half(frame, 1); /* Ethernet */
	put_half(frame, 0x0800);
	put_byte(frame, STATION_BYTES);
	put_byte(frame, 4);
	put_half(frame, arp->operation);
	put(frame, station, STATION_BYTES);
	put(frame, arp->sender, 4);
	put(frame, arp->target_station, STATION_BYTES);
	put(frame, address, 4);
}

void frame_arp(struct frame frames[ANNOUNCEMENT_FORMS], const uint8_t station[6],
               const uint8_t address[4])
{
	static const unsigned operations[ANNOUNCEMENT_FORMS] = {ARP_REQUEST, ARP_REPLY};
	for (int i = 0; i < ANNOUNCEMENT_FORMS; i++) {
		const struct arp arp = {operations[i], address, EVERYBODY};
		put_arp(&frames[i], station, address, &arp);
	}
}

void frame_arp_probe(struct frame *frame, const uint8_t station[6], const uint8_t address[4])
{
	static const uint8_t nobody[STATION_BYTES];
	const struct arp arp = {ARP_REQUEST, nobody, nobody};
	put_arp(frame, station, address, &arp);
}

/* The Internet checksum over the pseudo-header and the message, whose own checksum is 0 so far. */
static unsigned checksum(const uint8_t addresses[32], const uint8_t *message, size_t length)
{
	uint32_t sum = (uint32_t)length + NEXT_ICMPV6;
	for (size_t i = 0; i < 32; i += 2)
		sum += (uint32_t)addresses[i] << 8 | addresses[i + 1];
	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)message[i] << 8 | message[i + 1];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

struct discovery {
	uint8_t type, flags, option; /* the option carries the link address */
	const uint8_t *from, *to;    /* IPv6 addresses; `to` is a group */
};

static void put_discovery(struct frame *frame, const uint8_t station[6], const uint8_t target[16],
                          const struct discovery *discovery)
{
	uint8_t to_station[STATION_BYTES] = {0x33, 0x33};
	memcpy(to_station + 2, discovery->to + 12, 4);
	put_ethernet(frame, to_station, station, TYPE_IPV6);
	put(frame, (const uint8_t[4]){0x60}, 4);
	put_half(frame, DISCOVERY_BYTES);
	put_byte(frame, NEXT_ICMPV6);
	put_byte(frame, HOP_LIMIT);
	size_t addresses = frame->length;
	put(frame, discovery->from, 16);
	put(frame, discovery->to, 16);
	size_t message = frame->length;
	put_byte(frame, discovery->type);
	put_byte(frame, 0);
	put_half(frame, 0); /* the checksum's place */
	put(frame, (const uint8_t[4]){discovery->flags}, 4);
	put(frame, target, 16);
	put_byte(frame, discovery->option);
	put_byte(frame, 1); /* in units of eight bytes */
	put(frame, station, STATION_BYTES);
	unsigned sum = checksum(frame->bytes + addresses, frame->bytes + message, DISCOVERY_BYTES);
	frame->bytes[message + 2] = (uint8_t)(sum >> 8);
	frame->bytes[message + 3] = (uint8_t)sum;
}

static void advertisement_form(struct frame *frame, const uint8_t station[6],
                               const uint8_t address[16], uint8_t flags, uint8_t group)
{
	const uint8_t to[16] = {0xff, 0x02, [15] = group};
	const struct discovery discovery = {
	    .type = ADVERTISEMENT,
	    .flags = flags,
	    .option = OPTION_TARGET_STATION,
	    .from = address,
	    .to = to,
	};
	put_discovery(frame, station, address, &discovery);
}

void frame_advertisement(struct frame frames[ANNOUNCEMENT_FORMS], const uint8_t station[6],
                         const uint8_t address[16], bool is_router)
{
	uint8_t router = is_router ? FLAG_ROUTER : 0;
	advertisement_form(&frames[0], station, address, router | FLAG_OVERRIDE, 1);
	/* Without Override, as RFC 9131 asks: it adds an entry, it never replaces one by stealth.
	 */
	advertisement_form(&frames[1], station, address, router, 2);
}

void frame_solicitation(struct frame *frame, const uint8_t station[6], const uint8_t address[16])
{
	uint8_t from[16] = {0xfe, 0x80}, to[16] = {0xff, 0x02, [11] = 1, [12] = 0xff};
	const struct discovery discovery = {
	    .type = SOLICITATION, .option = OPTION_SOURCE_STATION, .from = from, .to = to};
	memcpy(from + 8, station, 3);
	from[8] ^= 2; /* RFC 4291, appendix A */
	from[11] = 0xff;
	from[12] = 0xfe;
	memcpy(from + 13, station + 3, 3);
	memcpy(to + 13, address + 13, 3);
	put_discovery(frame, station, address, &discovery);
}
