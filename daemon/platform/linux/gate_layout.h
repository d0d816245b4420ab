/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the packet gate's program in the kernel and gate.c share: the shape of its maps. A change
 * here is noticed by gate_open of the next version, which then makes the maps anew.
 */
#pragma once

#include <stdint.h>

enum { GATE_LAYOUT_SLOTS = 64, GATE_LAYOUT_ADDRESSES = 256 };

/* An IPv6 address, or an IPv4 address in the form ::ffff:10.0.0.100, in network order. */
struct gate_key {
	uint64_t words[2];
};

/* One role. Lies in a page that gate.c maps and writes without a system call. */
struct gate_slot {
	/* CLOCK_BOOTTIME of the host in ns; from then on nothing passes. 0: all does. Below: what
	 * this host itself says of the address does not leave, all else passes. */
	int64_t until;
	uint64_t dropped;
};

/* One address. */
struct gate_entry {
	uint32_t slot;
	uint32_t reserved;
	uint64_t dropped;
};
