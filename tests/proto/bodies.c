/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Knows where things stand in a body as wire.h tables it, and nothing of what they mean.
 */
#include "tests/proto/bodies.h"

#include <check.h>
#include <string.h>

struct body body_of(const struct heartbeat *page)
{
	struct body body;
	struct error error = {CODE_OK, ""};
	ck_assert_msg(wire_encode(page, body.bytes, &body.length, &error) == CODE_OK, "%s",
	              error.text);
	return body;
}

struct heartbeat body_decoded(const struct body *body)
{
	struct heartbeat page;
	struct error error = {CODE_OK, ""};
	ck_assert_msg(wire_decode(body->bytes, body->length, &page, &error) == CODE_OK, "%s",
	              error.text);
	return page;
}

void body_refused(const struct body *body, const char *because)
{
	struct heartbeat page;
	struct error error = {CODE_OK, ""};

	ck_assert_int_eq(wire_decode(body->bytes, body->length, &page, &error), CODE_INVALID);
	ck_assert_int_eq(wire_decode(body->bytes, body->length, &page, NULL), CODE_INVALID);
	ck_assert_msg(strstr(error.text, because) != NULL, "\"%s\" does not say \"%s\"", error.text,
	              because);
}

void body_set_length(struct body *body, size_t length)
{
	body->length = length;
	body->bytes[8] = (uint8_t)(length >> 8);
	body->bytes[9] = (uint8_t)length;
}

void body_insert(struct body *body, size_t offset, const uint8_t *bytes, size_t length)
{
	ck_assert_uint_le(body->length + length, WIRE_BODY_BYTES);
	memmove(body->bytes + offset + length, body->bytes + offset, body->length - offset);
	memcpy(body->bytes + offset, bytes, length);
	body_set_length(body, body->length + length);
}

size_t body_section(const struct body *body, uint8_t kind)
{
	size_t at = WIRE_HEAD_BYTES;
	while (at < body->length && body->bytes[at] != kind)
		at += 4u + (size_t)(body->bytes[at + 2] << 8) + body->bytes[at + 3];
	ck_assert_uint_lt(at, body->length);
	return at;
}

void body_grow_section(struct body *body, size_t at, const uint8_t *bytes, size_t length)
{
	size_t old = (size_t)(body->bytes[at + 2] << 8) + body->bytes[at + 3];
	body_insert(body, at + WIRE_SECTION_BYTES + old, bytes, length);
	body->bytes[at + 2] = (uint8_t)((old + length) >> 8);
	body->bytes[at + 3] = (uint8_t)(old + length);
}
