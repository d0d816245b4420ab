/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The section that says how the resources of the sender's roles are: for people, and never read by
 * a rule. So nothing in it makes a page invalid but an entry that ends beyond the section.
 */
#include "proto/wire_sections.h"

#include <string.h>

enum { FIXED_BYTES = 6 /* state, seconds, length of the text */ };

void wire_put_resources(struct writer *writer, const struct heartbeat *heartbeat)
{
	for (uint8_t i = 0; i < heartbeat->resource_count; i++) {
		const struct resource_report *report = &heartbeat->resources[i];
		size_t length = strnlen(report->detail, sizeof report->detail - 1);
		writer_put(writer, report->role, 8);
		writer_put(writer, report->resource, 8);
		writer_put(writer, FIXED_BYTES + length, 1);
		writer_put(writer, report->state, 1);
		writer_put(writer, report->seconds, 4);
		writer_put(writer, length, 1);
		for (size_t j = 0; j < length; j++)
			writer_put(writer, (uint8_t)report->detail[j], 1);
	}
}

/* Text of programs, by way of another host: plain ASCII only. */
static char printable(uint64_t byte)
{
	return byte >= ' ' && byte <= '~' ? (char)byte : '?';
}

static void get_detail(struct reader *reader, char detail[RESOURCE_DETAIL_BYTES])
{
	size_t length = (size_t)reader_take(reader, 1);
	struct reader text = reader_part(reader, length);
	size_t used = 0;
	while (text.left > 0 && used < RESOURCE_DETAIL_BYTES - 1)
		detail[used++] = printable(reader_take(&text, 1));
	detail[used] = '\0';
}

enum code wire_get_resources(struct reader *reader, struct heartbeat *heartbeat,
                             struct error *error)
{
	while (reader->left > 0 && !reader->truncated) {
		struct resource_report report = {.role = reader_take(reader, 8)};
		report.resource = reader_take(reader, 8);
		size_t length = (size_t)reader_take(reader, 1);
		struct reader part = reader_part(reader, length);
		uint8_t state = (uint8_t)reader_take(&part, 1);
		report.seconds = (uint32_t)reader_take(&part, 4);
		get_detail(&part, report.detail);
		if (part.truncated)
			return error_set(error, CODE_INVALID, "resource %u: cut short",
			                 heartbeat->resource_count);
		/* A later version may know more states, and say more. */
		if (state >= RESOURCE_STATES || heartbeat->resource_count == RESOURCES_SAID_MAX)
			continue;
		report.state = (enum resource_state)state;
		heartbeat->resources[heartbeat->resource_count++] = report;
	}
	return CODE_OK;
}
