/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What admission refused, told to the log in at most one line for each member and reason in ten
 * seconds: a flood must not fill the log, and a wrong key must not stay silent.
 */
#pragma once

#include <stdint.h>
#include <uv.h>

#include "proto/admission.h"
#include "proto/error.h"

struct daemon;

struct refused_log {
	struct daemon *daemon; /* borrowed: the owner */
	uv_timer_t timer;
	uint64_t told[MEMBERS_MAX][REFUSALS];
	uint64_t told_strangers[REFUSALS];
	char malformed[ERROR_TEXT_BYTES]; /* the last page that was signed and not understood */
};

void refused_log_open(struct refused_log *refused_log, struct daemon *daemon);
void refused_log_malformed(struct refused_log *refused_log, const char *text);
void refused_log_close(struct refused_log *refused_log);
