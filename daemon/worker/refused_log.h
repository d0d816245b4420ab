/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the door refused, told to the log in at most one line for each member and reason in ten
 * seconds: a flood must not fill the log, and a wrong key must not stay silent.
 */
#pragma once

#include <stdint.h>
#include <uv.h>

#include "proto/door.h"
#include "proto/error.h"

struct daemon;

struct audit {
	struct daemon *daemon; /* borrowed: the owner */
	uv_timer_t timer;
	uint64_t told[MEMBERS_MAX][REFUSALS];
	uint64_t told_strangers[REFUSALS];
	char malformed[ERROR_TEXT_BYTES]; /* the last page that was signed and not understood */
};

void audit_open(struct audit *audit, struct daemon *daemon);
void audit_malformed(struct audit *audit, const char *text);
void audit_close(struct audit *audit);
