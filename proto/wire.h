/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte layout of a page (all integers big-endian, as failoverd-protocol(7) tables it) and its
 * translation to and from struct heartbeat. Knows nothing of keys: the signed body ends where the
 * signature of seal.h begins.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/error.h"
#include "proto/heartbeat.h"

enum {
	WIRE_MAJOR = 1, /* must match */
	WIRE_MINOR = 0, /* may differ: unknown sections are skipped */
	WIRE_SIGNATURE_BYTES = 64,
	WIRE_TAG_BYTES = 16,
	WIRE_TRAILER_BYTES = WIRE_SIGNATURE_BYTES + WIRE_TAG_BYTES,
	WIRE_BODY_BYTES = DATAGRAM_BYTES - WIRE_TRAILER_BYTES,
};

/* What stands at fixed places at the start of every body of this major version. */
struct wire_head {
	uint8_t major;
	uint8_t minor;
	uint64_t cluster;
	uint64_t sender;
	struct stamp stamp;
};

/* Reads the head of a whole datagram (body and trailer) without believing it.
 * CODE_INVALID: too short, too long or another magic. CODE_UNSUPPORTED: another major version; only
 * head->major and head->minor are set then. No text: this runs for every datagram of a flood. */
enum code wire_peek(const uint8_t *datagram, size_t length, struct wire_head *head);

/* Writes a body of at most WIRE_BODY_BYTES. CODE_TOO_LARGE when it does not fit: the caller puts
 * fewer roles on the page; *length is untouched then. */
enum code wire_encode(const struct heartbeat *heartbeat, uint8_t body[WIRE_BODY_BYTES],
                      size_t *length, struct error *error);

/* The bytes one more role_report would add to a body, for filling pages. */
size_t wire_role_bytes(const struct role_report *report);

/* Reads a body. Every count is bounded before use, unknown sections are skipped, a second section
 * of a known kind, a truncated one or a value out of range is CODE_INVALID (with text), and
 * heartbeat_check has passed on success. *heartbeat is unspecified on failure. */
enum code wire_decode(const uint8_t *body, size_t length, struct heartbeat *heartbeat,
                      struct error *error);
