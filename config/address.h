/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An IP address as bytes, and its text. Knows no operating system: which number a socket has for a
 * family is the platform's to say. Nothing is looked up: a name is no address.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* daemon/platform asserts or translates these for its system. */
enum address_family { ADDRESS_IPV4 = 2, ADDRESS_IPV6 = 10 };

enum {
	ADDRESS_BYTES = 16,
	ADDRESS_BYTES_V4 = 4,
	ADDRESS_TEXT_BYTES = 46, /* the longest text of one, with its zero */
};

/* An IPv4 or IPv6 address without a port. */
struct address {
	uint8_t family;               /* an address_family */
	uint8_t bytes[ADDRESS_BYTES]; /* network order; the first 4 for IPv4, the others zero */
};

/* Reads dotted decimal without leading zeros, or IPv6 with `::` and a dotted end. False: it is
 * neither; then what is in `address` has no meaning. */
bool address_read(const char *text, struct address *address);

/* Whether only the host itself can reach it. */
bool address_is_loopback(const struct address *address);

/* IPv6 as in RFC 5952. The family must be one of both. */
void address_format(const struct address *address, char out[ADDRESS_TEXT_BYTES]);
