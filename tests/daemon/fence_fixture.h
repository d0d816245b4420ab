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

struct fence_fixture {
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

struct fence_fixture *fence_fixture_open(void);
/* Checks that the loop has nothing left. */
void fence_fixture_close(struct fence_fixture *lab);

/* One more agent for a node; options follow with fence_fixture_option. */
struct config_fence *fence_fixture_agent(struct fence_fixture *lab, uint8_t member,
                                         const char *agent, unsigned timeout_ms);
/* The agent of tests, with `place` and `behave` set. */
struct config_fence *fence_fixture_fake(struct fence_fixture *lab, uint8_t member,
                                        const char *behave, unsigned timeout_ms);
void fence_fixture_option(struct config_fence *fence, const char *name, const char *value);
/* A file in the directory, with this mode; its path is valid until the next call. */
const char *fence_fixture_file(struct fence_fixture *lab, const char *name, const char *text,
                               int mode);
/* Its text, "" when there is none; valid until the next call. */
const char *fence_fixture_read(struct fence_fixture *lab, const char *name);

void fence_fixture_start(struct fence_fixture *lab, uint8_t member);
/* Until this many runs have ended; fails the test after `patience_ms`. */
void fence_fixture_until_ended(struct fence_fixture *lab, unsigned count, unsigned patience_ms);
/* Until the file has this text in it. */
void fence_fixture_until_text(struct fence_fixture *lab, const char *name, const char *text);
