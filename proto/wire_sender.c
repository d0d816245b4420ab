/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sections of a page in which its sender speaks of itself: its timing, and its membership.
 */
#include "proto/bytes.h"
#include "proto/wire_sections.h"

enum { MICROSECOND_NS = 1000 };

/* Rounded up: a declared lease may only make a promise longer than it has to be. */
static void put_span(struct writer *writer, struct span span)
{
	assert(span.ns >= 0 && span.ns <= (int64_t)UINT32_MAX * MICROSECOND_NS);
	writer_put(writer, (uint64_t)(span.ns + MICROSECOND_NS - 1) / MICROSECOND_NS, 4);
}

static struct span get_span(struct reader *reader)
{
	return span_us((int64_t)reader_take(reader, 4));
}

void wire_put_timing(struct writer *writer, const struct heartbeat *heartbeat)
{
	put_span(writer, heartbeat->timing.heartbeat);
	put_span(writer, heartbeat->timing.lease);
	put_span(writer, heartbeat->timing.release);
	put_span(writer, heartbeat->longest_promise);
}

enum code wire_get_timing(struct reader *reader, struct heartbeat *heartbeat, struct error *error)
{
	(void)error;
	heartbeat->timing.heartbeat = get_span(reader);
	heartbeat->timing.lease = get_span(reader);
	heartbeat->timing.release = get_span(reader);
	heartbeat->longest_promise = get_span(reader);
	return CODE_OK;
}

enum {
	BIT_PAUSED = 1 << 0,
	BIT_RELEARNING = 1 << 1,
	BIT_ABSTAINING = 1 << 2,
	BIT_LEAVING = 1 << 3,
	BIT_STRAY = 1 << 4,
	BIT_UNSURE = 1 << 5,
};

void wire_put_membership(struct writer *writer, const struct heartbeat *heartbeat)
{
	unsigned bits =
	    (heartbeat->paused ? BIT_PAUSED : 0u) | (heartbeat->relearning ? BIT_RELEARNING : 0u) |
	    (heartbeat->abstaining ? BIT_ABSTAINING : 0u) | (heartbeat->leaving ? BIT_LEAVING : 0u);

	bits |= heartbeat->stray ? BIT_STRAY : 0u;
	bits |= heartbeat->unsure_epoch != 0 ? BIT_UNSURE : 0u;
	writer_put(writer, heartbeat->voters, 8);
	writer_put(writer, heartbeat->config, 8);
	writer_put(writer, bits, 1);
	writer_put(writer, heartbeat->relearned_ms, 4);
	writer_put(writer, heartbeat->pause_counter, 4);
	if (heartbeat->unsure_epoch != 0)
		writer_put(writer, heartbeat->unsure_epoch, 8);
}

enum code wire_get_membership(struct reader *reader, struct heartbeat *heartbeat,
                              struct error *error)
{
	(void)error;
	heartbeat->voters = reader_take(reader, 8);
	heartbeat->config = reader_take(reader, 8);
	uint64_t bits = reader_take(reader, 1);
	heartbeat->paused = (bits & BIT_PAUSED) != 0;
	heartbeat->relearning = (bits & BIT_RELEARNING) != 0;
	heartbeat->abstaining = (bits & BIT_ABSTAINING) != 0;
	heartbeat->leaving = (bits & BIT_LEAVING) != 0;
	heartbeat->stray = (bits & BIT_STRAY) != 0;
	heartbeat->relearned_ms = (uint32_t)reader_take(reader, 4);
	heartbeat->pause_counter = (uint32_t)reader_take(reader, 4);
	heartbeat->unsure_epoch = (bits & BIT_UNSURE) != 0 ? reader_take(reader, 8) : 0;
	return CODE_OK;
}
