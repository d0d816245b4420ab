/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sections of those who were switched off, and of the clock; see wire_sections.h.
 */
#include <assert.h>

#include "proto/wire_sections.h"

void wire_put_fenced(struct writer *writer, const struct heartbeat *heartbeat)
{
	assert(heartbeat->fenced_count <= MEMBERS_MAX);
	writer_put(writer, heartbeat->fenced_count, 1);
	for (uint8_t i = 0; i < heartbeat->fenced_count; i++) {
		writer_put(writer, heartbeat->fenced[i].member, 8);
		writer_put(writer, heartbeat->fenced[i].incarnation, 4);
		writer_put(writer, heartbeat->fenced[i].ago_ms, 4);
	}
}

enum code wire_get_fenced(struct reader *reader, struct heartbeat *heartbeat, struct error *error)
{
	uint8_t count = (uint8_t)reader_take(reader, 1);

	if (count > MEMBERS_MAX)
		return error_set(error, CODE_INVALID, "%u of them, at most %d", count, MEMBERS_MAX);
	for (uint8_t i = 0; i < count; i++) {
		heartbeat->fenced[i].member = reader_take(reader, 8);
		heartbeat->fenced[i].incarnation = (uint32_t)reader_take(reader, 4);
		heartbeat->fenced[i].ago_ms = (uint32_t)reader_take(reader, 4);
	}
	heartbeat->fenced_count = count;
	return CODE_OK;
}

void wire_put_clock(struct writer *writer, const struct heartbeat *heartbeat)
{
	writer_put(writer, (uint64_t)(heartbeat->clock.ns / 1000), 8);
}

enum code wire_get_clock(struct reader *reader, struct heartbeat *heartbeat, struct error *error)
{
	uint64_t us = reader_take(reader, 8);

	/* Far beyond what any clock counts to, so that sums with it stay in range. */
	if (us > INT64_MAX / 1000 / 8)
		return error_set(error, CODE_INVALID, "of %llu us", (unsigned long long)us);
	heartbeat->has_clock = true;
	heartbeat->clock = (struct instant){(int64_t)us * 1000};
	return CODE_OK;
}
