/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Big-endian integers into and out of a bounded run of bytes. Both ends remember the first overrun
 * and go on harmlessly, so that their users check once, at the end. Knows no layout.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A writer without room counts what it would have written. */
struct writer {
	uint8_t *bytes; /* borrowed; may be NULL when capacity is 0 */
	size_t capacity;
	size_t used; /* greater than capacity: it did not fit */
};

/* The low `width` bytes (1 to 8) of value, most significant first. */
void writer_put(struct writer *writer, uint64_t value, size_t width);
/* Replaces what stands at `offset`, if that was written. */
void writer_patch(struct writer *writer, size_t offset, uint64_t value, size_t width);

struct reader {
	const uint8_t *bytes; /* borrowed; the next to read */
	size_t left;
	bool truncated; /* more was asked for than there was; every value since is 0 */
};

uint64_t reader_take(struct reader *reader, size_t width);
/* The next `length` bytes as a reader of their own, empty and truncated if there are fewer. */
struct reader reader_part(struct reader *reader, size_t length);
