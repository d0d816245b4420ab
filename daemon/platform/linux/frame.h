/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet frames of announcements and of questions for others, as bytes. Does no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_BYTES = 96, ANNOUNCEMENT_FORMS = 2 };

/* What is said with each announcement: in each form, and the question. */
enum { ANNOUNCEMENT_FRAMES = ANNOUNCEMENT_FORMS + 1 };

struct frame {
	uint8_t bytes[FRAME_BYTES]; /* begins with the destination's link address */
	size_t length;
};

/* Gratuitous ARP for an IPv4 address, as a request and as a reply: some switches and hosts learn
 * from only one of the two. */
void frame_arp(struct frame frames[ANNOUNCEMENT_FORMS], const uint8_t station[6],
               const uint8_t address[4]);

/* Asks who else has the IPv4 address, as RFC 5227 does: without a sender that anybody could learn.
 */
void frame_arp_probe(struct frame *frame, const uint8_t station[6], const uint8_t address[4]);

/* Unsolicited neighbour advertisement with Override, to all nodes, which corrects entries that
 * exist; and to all routers, which make an entry from it (RFC 9131). */
void frame_advertisement(struct frame frames[ANNOUNCEMENT_FORMS], const uint8_t station[6],
                         const uint8_t address[16], bool is_router);

/* Asks who else has the IPv6 address. From the link-local address made of the station, not from
 * none: who answers a question from nobody tells all nodes, and they would believe it. */
void frame_solicitation(struct frame *frame, const uint8_t station[6], const uint8_t address[16]);
