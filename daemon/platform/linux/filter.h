/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small packet filters the kernel runs before a packet costs a wake-up: a list of bytes that must
 * be at their places. Knows no protocol.
 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/error.h"

enum { FILTER_STEPS_MAX = 64 };

struct filter {
	struct sock_filter steps[FILTER_STEPS_MAX];
	unsigned short length;
};

void filter_begin(struct filter *filter);
/* Packets longer than this are dropped. */
void filter_at_most(struct filter *filter, uint32_t length);
/* Packets without these bytes at `offset` are dropped, also those too short to have them. */
void filter_require(struct filter *filter, uint32_t offset, const uint8_t *bytes, size_t length);
/* What is left passes. */
enum code filter_attach(struct filter *filter, int fd, struct error *error);
