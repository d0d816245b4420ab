/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster of three with keys made of fixed seeds, admission of its first member, and datagrams
 * sealed as any of them would.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/admission.h"
#include "proto/auth.h"
#include "proto/heartbeat.h"
#include "proto/wire.h"

enum { SEALED_MEMBERS = 3 };

struct keys {
	struct public_key public;
	struct secret_key secret;
};

struct datagram {
	size_t length;
	uint8_t bytes[DATAGRAM_BYTES];
};

/* The same key for the same number, on every machine. */
struct keys sealed_keys(uint8_t number);

/* Admission of member 0 of cluster "test" (id 1). Member i has id 10 + i and sealed_keys(i). */
struct admission sealed_door(void);

/* Signs body bytes with `secret` and tags them for admission above. */
struct datagram sealed_body(const uint8_t *body, size_t length, const struct secret_key *secret);
/* Encodes the page first; it must fit. */
struct datagram sealed_page(const struct heartbeat *page, const struct secret_key *secret);
