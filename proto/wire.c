/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of a body: its head and the walk over its sections. What a section holds is in
 * wire_sections.c.
 */
#include "proto/wire.h"

#include <assert.h>
#include <string.h>

#include "proto/bytes.h"
#include "proto/wire_sections.h"

enum {
	MAGIC = 0x464f5644, /* "FOVD" */
	LENGTH_AT = 8,      /* of the body's length in the head */

	FIXED_BYTES = WIRE_HEAD_BYTES + 6 * WIRE_SECTION_BYTES + WIRE_TIMING_BYTES +
	              WIRE_MEMBERSHIP_BYTES + WIRE_CLOCK_BYTES + 1 +
	              (MEMBERS_MAX - 1) * WIRE_ECHO_BYTES,
	REQUESTS_BYTES = WIRE_SECTION_BYTES + 2 + REQUESTS_MAX * WIRE_REQUEST_BYTES +
	                 ANSWERS_MAX * WIRE_ANSWER_BYTES,
	LARGEST_BYTES = WIRE_ROLE_BYTES + WIRE_IDENTITIES_BYTES,
	ROLES_FIRST_PAGE = (WIRE_BODY_BYTES - FIXED_BYTES - REQUESTS_BYTES) / LARGEST_BYTES,
	ROLES_OTHER_PAGE = (WIRE_BODY_BYTES - FIXED_BYTES) / LARGEST_BYTES,
	FENCED_BYTES = WIRE_SECTION_BYTES + 1 + (MEMBERS_MAX - 1) * WIRE_FENCED_BYTES,
};

/* Every heartbeat finds room, in the largest cluster and with every table full. A role whose claim
 * covers much may have to wait for the second page. */
static_assert(FIXED_BYTES + REQUESTS_BYTES + WIRE_ROLE_BYTES <= WIRE_BODY_BYTES,
              "the first page holds all echoes, all requests and answers, and a role");
static_assert(ROLES_FIRST_PAGE + (PAGES_MAX - 1) * ROLES_OTHER_PAGE >= ROLES_MAX,
              "PAGES_MAX pages hold ROLES_MAX of the largest role reports");

/* Who was switched off is said on a page of its own, beside the others; see page.c. */
static_assert(FIXED_BYTES + FENCED_BYTES <= WIRE_BODY_BYTES,
              "a page holds all echoes and everybody who was switched off");

static bool has_requests(const struct heartbeat *heartbeat)
{
	return heartbeat->has_requests;
}

static bool has_clock(const struct heartbeat *heartbeat)
{
	return heartbeat->has_clock;
}

static bool has_fenced(const struct heartbeat *heartbeat)
{
	return heartbeat->fenced_count > 0;
}

static bool has_identities(const struct heartbeat *heartbeat)
{
	for (uint8_t i = 0; i < heartbeat->role_count; i++)
		if (heartbeat->roles[i].is_candidate && heartbeat->roles[i].identities.count > 0)
			return true;
	return false;
}

static bool has_resources(const struct heartbeat *heartbeat)
{
	return heartbeat->resource_count > 0;
}

/* Section order on the wire is the order here. */
static const struct section {
	uint8_t kind;
	bool required;
	const char *name;
	bool (*is_said)(const struct heartbeat *heartbeat); /* NULL: always */
	void (*put)(struct writer *writer, const struct heartbeat *heartbeat);
	enum code (*get)(struct reader *reader, struct heartbeat *heartbeat, struct error *error);
} sections[] = {
    {1, true, "timing", NULL, wire_put_timing, wire_get_timing},
    {2, true, "membership", NULL, wire_put_membership, wire_get_membership},
    {3, false, "echoes", NULL, wire_put_echoes, wire_get_echoes},
    {4, false, "requests", has_requests, wire_put_requests, wire_get_requests},
    {5, false, "roles", NULL, wire_put_roles, wire_get_roles},
    {6, false, "fenced", has_fenced, wire_put_fenced, wire_get_fenced},
    {7, false, "clock", has_clock, wire_put_clock, wire_get_clock},
    {8, false, "identities", has_identities, wire_put_identities, wire_get_identities},
    {9, false, "resources", has_resources, wire_put_resources, wire_get_resources},
};
enum { SECTIONS = sizeof sections / sizeof sections[0] };

enum code wire_peek(const uint8_t *datagram, size_t length, struct wire_head *head)
{
	struct reader reader = {datagram, length, false};

	if (length < WIRE_HEAD_BYTES + WIRE_TRAILER_BYTES || length > DATAGRAM_BYTES)
		return CODE_INVALID;
	if (reader_take(&reader, 4) != MAGIC)
		return CODE_INVALID;
	head->major = (uint8_t)reader_take(&reader, 1);
	head->minor = (uint8_t)reader_take(&reader, 1);
	if (head->major != WIRE_MAJOR)
		return CODE_UNSUPPORTED;
	reader_part(&reader, 2); /* flags, for later minor versions */
	if (reader_take(&reader, 2) != length - WIRE_TRAILER_BYTES)
		return CODE_INVALID;
	head->cluster = reader_take(&reader, 8);
	head->sender = reader_take(&reader, 8);
	head->stamp.incarnation = (uint32_t)reader_take(&reader, 4);
	head->stamp.seq = reader_take(&reader, 8);
	return CODE_OK;
}

static void put_head(struct writer *writer, const struct heartbeat *heartbeat)
{
	writer_put(writer, MAGIC, 4);
	writer_put(writer, WIRE_MAJOR, 1);
	writer_put(writer, heartbeat->minor, 1);
	writer_put(writer, 0, 2);
	writer_put(writer, 0, 2); /* the length, once it is known */
	writer_put(writer, heartbeat->cluster, 8);
	writer_put(writer, heartbeat->sender, 8);
	writer_put(writer, heartbeat->stamp.incarnation, 4);
	writer_put(writer, heartbeat->stamp.seq, 8);
}

static void put_body(struct writer *writer, const struct heartbeat *heartbeat)
{
	put_head(writer, heartbeat);
	for (size_t i = 0; i < SECTIONS; i++) {
		if (sections[i].is_said != NULL && !sections[i].is_said(heartbeat))
			continue;
		writer_put(writer, sections[i].kind, 1);
		writer_put(writer, 0, 1);
		writer_put(writer, 0, 2);
		size_t start = writer->used;
		sections[i].put(writer, heartbeat);
		writer_patch(writer, start - 2, writer->used - start, 2);
	}
	writer_patch(writer, LENGTH_AT, writer->used, 2);
}

enum code wire_encode(const struct heartbeat *heartbeat, uint8_t body[WIRE_BODY_BYTES],
                      size_t *length, struct error *error)
{
	struct writer writer = {body, WIRE_BODY_BYTES, 0};

	put_body(&writer, heartbeat);
	if (writer.used > writer.capacity)
		return error_set(error, CODE_TOO_LARGE, "page of %zu bytes, at most %d",
		                 writer.used, WIRE_BODY_BYTES);
	*length = writer.used;
	return CODE_OK;
}

size_t wire_bytes(const struct heartbeat *heartbeat)
{
	struct writer writer = {NULL, 0, 0};
	put_body(&writer, heartbeat);
	return writer.used;
}

size_t wire_role_bytes(const struct role_report *report)
{
	struct writer writer = {NULL, 0, 0};
	wire_put_role(&writer, report);
	wire_put_role_identities(&writer, report);
	return writer.used;
}

static enum code get_head(struct reader *reader, size_t length, struct heartbeat *heartbeat,
                          struct error *error)
{
	if (reader_take(reader, 4) != MAGIC)
		return error_set(error, CODE_INVALID, "head: no page of this protocol");
	uint8_t major = (uint8_t)reader_take(reader, 1);
	if (major != WIRE_MAJOR)
		return error_set(error, CODE_INVALID, "head: major version %u, this is %d", major,
		                 WIRE_MAJOR);
	heartbeat->minor = (uint8_t)reader_take(reader, 1);
	reader_part(reader, 2); /* flags */
	if (reader_take(reader, 2) != length)
		return error_set(error, CODE_INVALID, "head: another length than the body's %zu",
		                 length);
	heartbeat->cluster = reader_take(reader, 8);
	heartbeat->sender = reader_take(reader, 8);
	heartbeat->stamp.incarnation = (uint32_t)reader_take(reader, 4);
	heartbeat->stamp.seq = reader_take(reader, 8);
	if (reader->truncated)
		return error_set(error, CODE_INVALID, "head: cut short");
	return CODE_OK;
}

/* `seen` collects a bit for each known section. */
static enum code get_section(struct reader *reader, unsigned *seen, struct heartbeat *heartbeat,
                             struct error *error)
{
	uint8_t kind = (uint8_t)reader_take(reader, 1);
	reader_part(reader, 1); /* flags, for later minor versions */
	size_t length = (size_t)reader_take(reader, 2);
	struct reader part = reader_part(reader, length);
	size_t i = 0;

	if (part.truncated)
		return error_set(error, CODE_INVALID, "section of kind %u: cut short", kind);
	while (i < SECTIONS && sections[i].kind != kind)
		i++;
	if (i == SECTIONS)
		return CODE_OK;
	if ((*seen & 1u << i) != 0)
		return error_set(error, CODE_INVALID, "%s: a second time", sections[i].name);
	*seen |= 1u << i;
	if (sections[i].get(&part, heartbeat, error) != CODE_OK) {
		error_wrap(error, "%s", sections[i].name);
		return CODE_INVALID;
	}
	if (part.truncated)
		return error_set(error, CODE_INVALID, "%s: cut short", sections[i].name);
	return CODE_OK;
}

enum code wire_decode(const uint8_t *body, size_t length, struct heartbeat *heartbeat,
                      struct error *error)
{
	struct reader reader = {body, length, false};
	unsigned seen = 0;

	memset(heartbeat, 0, sizeof *heartbeat);
	enum code code = get_head(&reader, length, heartbeat, error);
	while (code == CODE_OK && reader.left > 0)
		code = get_section(&reader, &seen, heartbeat, error);
	if (code != CODE_OK)
		return code;
	for (size_t i = 0; i < SECTIONS; i++)
		if (sections[i].required && (seen & 1u << i) == 0)
			return error_set(error, CODE_INVALID, "%s: missing", sections[i].name);
	return heartbeat_check(heartbeat, error);
}
