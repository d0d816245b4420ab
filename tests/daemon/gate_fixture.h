/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stage for the packet gate: this host at left0 with its own and a virtual address of each
 * family, and a neighbour at right0 that asks for them frame by frame. Knows nothing of the gate's
 * inside but where its files lie.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/platform/gate.h"
#include "proto/clock.h"
#include "tests/daemon/gateframe.h"

enum { GATELAB_SLOT = 5, GATELAB_WAYS = 2 };

struct gate_fixture {
	char name[GATE_NAME_BYTES]; /* of the gate to test */
	int wire;                   /* receives at right0 */
	int mouth, own_mouth;       /* send at right0 and at left0 */
	uint8_t left[6];            /* this host's station */
	int64_t realtime_offset_ns; /* of the boot clock */
};

/* 77 when this host can have no gate, after saying so by name; else 0. Also removes what tests that
 * were killed left behind. */
int gate_fixture_skip(const char *program);
/* To be called when all tests are over, whatever became of them. */
void gate_fixture_sweep(void);

/* `is_old`: as on a kernel without links at classifiers. */
void gate_fixture_enter(struct gate_fixture *lab, bool is_old);

/* 10.9.0.100 and fd00:9::100 are virtual, 10.9.0.1 and fd00:9::1 this host's own. */
struct network_address gate_fixture_address(const char *text);
struct gate *gate_fixture_open(const struct gate_fixture *lab);
/* Guards both virtual addresses. */
void gate_fixture_guard(struct gate *gate);
/* Closes the slot of the virtual addresses. */
void gate_fixture_close_now(struct gate *gate);
void gate_fixture_remove(const struct gate_fixture *lab);
/* All at once: a stage with an open gate, the second way as on an old kernel; and its end. */
struct gate *gate_fixture_stand(struct gate_fixture *lab, int way);
void gate_fixture_end(const struct gate_fixture *lab, struct gate *gate);

void gate_fixture_send(const struct gate_fixture *lab, const struct frame *frame);
/* The next frame at the neighbour, without waiting; 0: none. `when` on the lease clock. */
size_t gate_fixture_next(const struct gate_fixture *lab, uint8_t *frame, size_t size,
                         struct instant *when);
/* Sends the frame, and another that is always answered; whether the question was answered before.
 */
bool gate_fixture_answers_to(const struct gate_fixture *lab, const struct frame *frame,
                             enum question question, const struct address *address);
bool gate_fixture_answers(const struct gate_fixture *lab, enum question question,
                          const char *address);
/* All questions for the address. */
bool gate_fixture_answers_all(const struct gate_fixture *lab, const char *address);
bool gate_fixture_answers_none(const struct gate_fixture *lab, const char *address);
/* Whether a frame that this host sends at left0 arrives at the neighbour. */
bool gate_fixture_leaves(const struct gate_fixture *lab, const struct frame *frame);
/* What is in the gate's map, with nothing of the gate running. */
struct instant gate_fixture_lease_end(const struct gate_fixture *lab);
/* Puts a map of another shape in the place of that one. */
void gate_fixture_spoil(const struct gate_fixture *lab);
/* Runs a program with these words and reads what it says; its exit status. */
int gate_fixture_run(const char *words, char *output, size_t size);
