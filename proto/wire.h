/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte layout of a page and its translation to and from struct heartbeat. Knows nothing of
 * keys: the signed body ends where the signature of seal.h begins. failoverd-protocol(7) has the
 * same tables with the meaning of each field. All integers are unsigned and big-endian.
 *
 *   head       4 magic "FOVD"   1 major   1 minor   2 flags (0)   2 length of the body
 *              8 cluster   8 sender   4 incarnation   8 seq
 *   section    1 kind   1 flags (0)   2 length of what follows
 *   timing     4 heartbeat   4 lease   4 release   4 longest promise, in microseconds,
 *              rounded up
 *   membership 8 voters digest   8 config digest   1 bits: paused relearning abstaining leaving
 *              stray unsure
 *              4 milliseconds since relearning ended, rounded up (ffffffff: not in this life)
 *              4 times it was paused or resumed; if unsure: 8 epoch up to which it does not
 *              know what it used before its host restarted
 *   echoes     1 count, each: 8 member   4 incarnation   8 seq   4 age in microseconds
 *              1 path count, each: 1 seqs behind (ff: or more)   3 age in microseconds
 *              (ffffff: or more, or never heard)   1 loss percent
 *   requests   1 count   1 answer count
 *              each request: 8 id   1 kind   8 role   8 target   8 what it follows
 *              each answer: 8 requester   8 request   1 verdict   1 detail   8 target
 *   fenced     1 count, each: 8 member   4 incarnation   4 milliseconds since it was asked for,
 *              rounded up
 *   clock      8 microseconds on the sender's lease clock
 *   identities until the section ends: 8 role, which is on this page before   1 count, each: 4
 *   resources  until the section ends: 8 role   8 resource   1 length of what follows   1 state
 *              4 seconds in it   1 length of the text, which follows
 *   roles      until the section ends: 8 role   1 length of what follows   1 bits: candidate
 *              successor grant top record fences endless, then what the first five of the
 *              bits name, in this order:
 *              candidate 1 claim   1 phase   1 unfit   1 failures   4 definition   8 claim epoch
 *              successor 8 member
 *              grant     8 holder   8 epoch   4 by incarnation   8 by seq
 *              top       8 epoch
 *              record    8 epoch   4 counter   1 wanted
 *
 * A later minor version may add sections, bits, and bytes at the end of a section or role; an older
 * one skips them. It may not give a field here another meaning.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/error.h"
#include "proto/heartbeat.h"

enum {
	WIRE_MAJOR = 1, /* must match */
	WIRE_MINOR = 1, /* may differ: unknown sections are skipped */
	WIRE_SIGNATURE_BYTES = 64,
	WIRE_TAG_BYTES = 16,
	WIRE_TRAILER_BYTES = WIRE_SIGNATURE_BYTES + WIRE_TAG_BYTES,
	WIRE_BODY_BYTES = DATAGRAM_BYTES - WIRE_TRAILER_BYTES,

	WIRE_HEAD_BYTES = 38,
	WIRE_SECTION_BYTES = 4,
	/* The largest body of each section, without its own head. */
	WIRE_TIMING_BYTES = 16,
	WIRE_MEMBERSHIP_BYTES = 33,
	WIRE_PATH_BYTES = 5,
	WIRE_ECHO_BYTES = 25 + PATHS_MAX * WIRE_PATH_BYTES,
	WIRE_REQUEST_BYTES = 33,
	WIRE_ANSWER_BYTES = 26,
	WIRE_FENCED_BYTES = 16,
	WIRE_CLOCK_BYTES = 8,
	WIRE_ROLE_BYTES = 83,
	WIRE_IDENTITIES_BYTES = 9 + IDENTITIES_MAX * 4,
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
 * CODE_INVALID: too short, too long, another magic, or a body length that does not match.
 * CODE_UNSUPPORTED: another major version; only head->major and head->minor are set then. No text:
 * this runs for every datagram of a flood. */
enum code wire_peek(const uint8_t *datagram, size_t length, struct wire_head *head);

/* Writes a body of at most WIRE_BODY_BYTES. CODE_TOO_LARGE when it does not fit: the caller puts
 * fewer roles on the page; *length is untouched then. Counts above their limits are a mistake of
 * the caller. Fields that mean nothing are not written: those of a claimant that is no candidate,
 * the grant to nobody. */
enum code wire_encode(const struct heartbeat *heartbeat, uint8_t body[WIRE_BODY_BYTES],
                      size_t *length, struct error *error);

/* The length of the body wire_encode would write, also when that is too large; and the bytes one
 * more role_report would add to it, for filling pages. (The first with identities adds
 * WIRE_SECTION_BYTES as well.) */
size_t wire_bytes(const struct heartbeat *heartbeat);
size_t wire_role_bytes(const struct role_report *report);

/* Reads a body. Every count is bounded before use, unknown sections are skipped, a second section
 * of a known kind, a truncated one or a value out of range is CODE_INVALID (with text), and
 * heartbeat_check has passed on success. *heartbeat is unspecified on failure. */
enum code wire_decode(const uint8_t *body, size_t length, struct heartbeat *heartbeat,
                      struct error *error);
