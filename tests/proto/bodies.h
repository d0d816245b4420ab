/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of datagrams for tests of their parser: made of pages, and then cut, grown and spoiled.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/heartbeat.h"
#include "proto/wire.h"

struct body {
	size_t length;
	uint8_t bytes[WIRE_BODY_BYTES];
};

/* These fail the test that calls them when the encoder or decoder disagrees. */
struct body body_of(const struct heartbeat *page);
struct heartbeat body_decoded(const struct body *body);
/* Refused, with and without a place for words, and with `because` in the words. */
void body_refused(const struct body *body, const char *because);

/* Sets the length here and in the head. */
void body_set_length(struct body *body, size_t length);
/* Puts bytes at an offset, moving the rest, and counts them in the body's length. */
void body_insert(struct body *body, size_t offset, const uint8_t *bytes, size_t length);
/* Offset of the head of the first section of this kind. */
size_t body_section(const struct body *body, uint8_t kind);
/* Makes the section at this offset longer by some bytes at its end. */
void body_grow_section(struct body *body, size_t at, const uint8_t *bytes, size_t length);
