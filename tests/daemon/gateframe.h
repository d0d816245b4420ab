/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames byte by byte, from the neighbour 10.9.0.2, fd00:9::2 at station 02:00:00:00:00:02. Knows
 * no sockets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

enum { FRAME_BYTES = 256 };

struct frame {
	size_t length;
	uint8_t bytes[FRAME_BYTES];
};

/* How a neighbour finds out whether an address is here. */
enum question { ASK_NEIGHBOUR, ASK_PING, ASK_TCP };
enum { QUESTIONS = ASK_TCP + 1 };

/* `station` is where the neighbour believes the address to be. */
struct frame frame_question(enum question question, const uint8_t station[6],
                            const struct address *address);
/* Whether the frame answers the question for the address. */
bool frame_is_answer(const uint8_t *frame, size_t length, enum question question,
                     const struct address *address);

/* An ARP packet to everybody. */
struct frame frame_arp(uint16_t operation, const char *sender, const char *target);
struct frame frame_advertisement(const char *source, const char *target);
struct frame frame_solicitation(const char *source, const char *target);
struct frame frame_datagram(const uint8_t station[6], const char *source, const char *target);

/* Puts a VLAN tag of this type behind the stations. */
void frame_tag(struct frame *frame, uint16_t type, uint16_t number);
/* Puts an extension header of this kind before what follows the IPv6 header. */
void frame_extend(struct frame *frame, uint8_t kind);
