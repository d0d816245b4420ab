/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only writer of text for people while the daemon runs: one line per decision, to stderr or,
 * when stderr is the journal, with its priority prefix. A thread of its own does the writing, so a
 * blocked terminal or pipe never blocks the loop; lines that do not fit the queue are dropped and
 * counted, and the count is written once there is room.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/error.h"
#include "proto/note.h" /* enum note_level */

struct log;

/* Takes `fd` (not closed by log_close) and starts the thread. */
enum code log_open(struct log **log, int fd, enum note_level threshold, struct error *error);
/* Waits at most a second for the queue to drain. Accepts NULL. */
void log_close(struct log *log);
/* Never blocks, callable from the loop thread only. A line longer than the limit ends in "...". */
void log_write(struct log *log, enum note_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
uint64_t log_dropped(const struct log *log);

/* The head of a line to `fd`, for those who write one without a log; returns its length. Allocates
 * nothing after its first call. */
size_t log_head(int fd, enum note_level level, char *out, size_t size);
