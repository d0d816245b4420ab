/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded big-endian reading and writing. The two bounds checks of the whole wire format are here.
 */
#include "proto/bytes.h"

#include <assert.h>

void writer_patch(struct writer *writer, size_t offset, uint64_t value, size_t width)
{
	assert(width >= 1 && width <= sizeof value);
	if (offset > writer->capacity || width > writer->capacity - offset)
		return;
	for (size_t i = 0; i < width; i++)
		writer->bytes[offset + i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

void writer_put(struct writer *writer, uint64_t value, size_t width)
{
	writer_patch(writer, writer->used, value, width);
	writer->used += width;
}

uint64_t reader_take(struct reader *reader, size_t width)
{
	struct reader part = reader_part(reader, width);
	uint64_t value = 0;

	assert(width >= 1 && width <= sizeof value);
	for (size_t i = 0; i < part.left; i++)
		value = value << 8 | part.bytes[i];
	return value;
}

struct reader reader_part(struct reader *reader, size_t length)
{
	if (reader->truncated || length > reader->left) {
		reader->truncated = true;
		reader->left = 0;
		return (struct reader){reader->bytes, 0, true};
	}
	struct reader part = {reader->bytes, length, false};
	reader->bytes += length;
	reader->left -= length;
	return part;
}
