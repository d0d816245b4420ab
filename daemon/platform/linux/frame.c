/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet frames of announcements, as bytes. Does no I/O.
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
	ADVERTISEMENT = 136,
	ADVERTISEMENT_BYTES = 32, /* with the option that carries the link address */
	FLAG_ROUTER = 0x80,
	FLAG_OVERRIDE = 0x20,
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

static void arp_form(struct frame *frame, const uint8_t station[6], const uint8_t address[4],
                     unsigned operation)
{
	put_ethernet(frame, EVERYBODY, station, TYPE_ARP);
	put_half(frame, 1); /* Ethernet */
	put_half(frame, 0x0800);
	put_byte(frame, STATION_BYTES);
	put_byte(frame, 4);
	put_half(frame, operation);
	put(frame, station, STATION_BYTES);
	put(frame, address, 4);
	put(frame, EVERYBODY, STATION_BYTES);
	put(frame, address, 4);
}

void frame_arp(struct frame frames[ANNOUNCEMENT_FORMS], const uint8_t station[6],
               const uint8_t address[4])
{
	arp_form(&frames[0], station, address, ARP_REQUEST);
	arp_form(&frames[1], station, address, ARP_REPLY);
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

static void advertisement_form(struct frame *frame, const uint8_t station[6],
                               const uint8_t address[16], uint8_t flags, uint8_t group)
{
	const uint8_t to_station[STATION_BYTES] = {0x33, 0x33, 0, 0, 0, group};
	const uint8_t to[16] = {0xff, 0x02, [15] = group};
	put_ethernet(frame, to_station, station, TYPE_IPV6);
	put(frame, (const uint8_t[4]){0x60}, 4);
	put_half(frame, ADVERTISEMENT_BYTES);
	put_byte(frame, NEXT_ICMPV6);
	put_byte(frame, HOP_LIMIT);
	size_t addresses = frame->length;
	put(frame, address, 16);
	put(frame, to, 16);
	size_t message = frame->length;
	put_byte(frame, ADVERTISEMENT);
	put_byte(frame, 0);
	put_half(frame, 0); /* the checksum's place */
	put(frame, (const uint8_t[4]){flags}, 4);
	put(frame, address, 16);
	put_byte(frame, OPTION_TARGET_STATION);
	put_byte(frame, 1); /* in units of eight bytes */
	put(frame, station, STATION_BYTES);
	unsigned sum =
	    checksum(frame->bytes + addresses, frame->bytes + message, ADVERTISEMENT_BYTES);
	frame->bytes[message + 2] = (uint8_t)(sum >> 8);
	frame->bytes[message + 3] = (uint8_t)sum;
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
