/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The question "who has this address?" as an Ethernet frame (ARP for IPv4, neighbour solicitation
 * for IPv6) and its answers. Everyone on the network hears it, so two owners both answer, where a
 * switch would deliver a unicast query to one only. Does no I/O and keeps nothing.
 *
 * Each question comes from a hardware address of its own which contains its number, and the answer
 * goes back to that address: an answer is never attributed to another question.
 */
#pragma once

#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUESTION_BYTES = 128 };

struct question {
	bool is_ipv6;
	uint8_t address[16];   /* that is asked for; the first 4 for IPv4 */
	uint8_t asker[16];     /* nobody's address, so that no real neighbour entry suffers */
	uint8_t mac[ETH_ALEN]; /* of the interface that sends */
};

/* False when `text` is no address. */
bool question_init(struct question *question, const char *text, const uint8_t mac[ETH_ALEN]);

/* Writes the frame of question `number`; returns its length. */
size_t question_frame(const struct question *question, uint32_t number,
                      uint8_t frame[QUESTION_BYTES]);

/* Whether `frame` answers a question; then *number and the hardware address that answered. */
bool question_answered(const struct question *question, const uint8_t *frame, size_t length,
                       uint32_t *number, uint8_t mac[ETH_ALEN]);
