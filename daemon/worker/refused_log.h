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
#include "proto/setup.h"

struct log;

struct refused_log {
	struct log *log;                   /* borrowed until closed, as are the next two */
	const struct setup *setup;         /* for the names of members */
	const struct admission *admission; /* the counters */
	uv_timer_t timer;
	uint64_t told[MEMBERS_MAX][REFUSALS];
	uint64_t told_strangers[REFUSALS];
	char malformed[ERROR_TEXT_BYTES]; /* the last page that was signed and not understood */
};

/* Looks every ten seconds from now on. What is passed is borrowed until closed. */
void refused_log_open(struct refused_log *refused_log, uv_loop_t *loop, struct log *log,
                      const struct setup *setup, const struct admission *admission);
void refused_log_malformed(struct refused_log *refused_log, const char *text);
void refused_log_close(struct refused_log *refused_log);
