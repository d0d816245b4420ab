/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fence agents against two nodes, alpha and beta, in a loop: what they said, how it ended, and a
 * directory of their own for files.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/fence/levels.h"

enum { LAB_TEXT_BYTES = 64 * 1024, ALPHA = 0, BETA = 1 };

struct fencelab {
	uv_loop_t loop;
	uv_timer_t clock;
	struct config config;
	struct fence *fence;
	char directory[64];
	char said[LAB_TEXT_BYTES]; /* "agent: line" and a newline for each */
	unsigned said_count;
	uint64_t left_out;
	unsigned ended;
	struct fence_result result; /* the last one; its texts are below */
	char node[NAME_BYTES];
	char text[FENCE_TEXT_BYTES];
};

struct fencelab *fencelab_open(void);
/* Checks that the loop has nothing left. */
void fencelab_close(struct fencelab *lab);

/* One more agent for a node; options follow with fencelab_option. */
struct config_fence *fencelab_agent(struct fencelab *lab, uint8_t member, const char *agent,
                                    unsigned timeout_ms);
/* The agent of tests, with `place` and `behave` set. */
struct config_fence *fencelab_fake(struct fencelab *lab, uint8_t member, const char *behave,
                                   unsigned timeout_ms);
void fencelab_option(struct config_fence *fence, const char *name, const char *value);
/* A file in the directory, with this mode; its path is valid until the next call. */
const char *fencelab_file(struct fencelab *lab, const char *name, const char *text, int mode);
/* Its text, "" when there is none; valid until the next call. */
const char *fencelab_read(struct fencelab *lab, const char *name);

void fencelab_start(struct fencelab *lab, uint8_t member);
/* Until this many runs have ended; fails the test after `patience_ms`. */
void fencelab_until_ended(struct fencelab *lab, unsigned count, unsigned patience_ms);
/* Until the file has this text in it. */
void fencelab_until_text(struct fencelab *lab, const char *name, const char *text);
