/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a body: what is understood must be believable and must survive being said again.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/bytes.h"
#include "proto/wire.h"
#include "tests/proto/pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sections we always write, though others may leave them out: those of echoes and of roles. */
enum { OPTIONAL_BYTES = 2 * WIRE_SECTION_BYTES + 1 };

/* The input with its length put right, or each insertion would fail at the head; in memory that
 * ends where it ends, so that the sanitizer sees the first byte too many. */
static uint8_t *with_length(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	assert(copy != NULL);
	memcpy(copy, data, size);
	struct writer writer = {copy, size, 0};
	writer_patch(&writer, 8, size, 2);
	return realloc(copy, size == 0 ? 1 : size);
}

static void survives(const struct heartbeat *first, size_t size)
{
	struct heartbeat second;
	struct error error;
	uint8_t body[WIRE_BODY_BYTES], again[WIRE_BODY_BYTES];
	size_t length, again_length;

	assert(heartbeat_check(first, &error) == CODE_OK);
	assert(wire_bytes(first) <= size + OPTIONAL_BYTES);
	if (wire_encode(first, body, &length, &error) != CODE_OK) {
		assert(error.code == CODE_TOO_LARGE && size > WIRE_BODY_BYTES - OPTIONAL_BYTES);
		return;
	}
	assert(length == wire_bytes(first));
	assert(wire_decode(body, length, &second, &error) == CODE_OK);
	assert(page_equal(first, &second));
	assert(wire_encode(&second, again, &again_length, &error) == CODE_OK);
	assert(length == again_length && memcmp(body, again, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heartbeat page;
	struct error error;

	if (size > WIRE_BODY_BYTES)
		return 0;
	uint8_t *input = with_length(data, size);
	if (wire_decode(input, size, &page, &error) == CODE_OK)
		survives(&page, size);
	free(input);
	return 0;
}
