/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts on commands as sentences: which node, why, what to do. Knows nothing else.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/heartbeat.h"
#include "proto/setup.h"

/* What was asked, to explain what was answered. */
struct answer_about {
	enum request_kind kind;
	uint8_t role;   /* index of setup.roles; ignored for pause and resume */
	uint8_t target; /* index of a member; NO_MEMBER: none was named */
	struct span limit;
};

enum { ANSWER_TEXT_BYTES = 320 };

void verdict_text(const struct setup *setup, const struct answer_about *about,
                  const struct answer *answer, char out[ANSWER_TEXT_BYTES]);
