/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs something in a process of its own, one machine instruction at a time: for what two processes
 * do to the same memory, at every moment at which one of them could be stopped or die.
 */
#pragma once

#include <stdbool.h>

/* Calls `look` after each instruction of `act`, which runs in a child; what they share is theirs to
 * share. Returns how many instructions that were. */
unsigned stepper_run(void (*act)(void *context), void (*look)(void *context), void *context);

/* Runs `act` in a child, calls `meanwhile` after so many of its instructions, and lets it end.
 * False: it had ended before. */
bool stepper_interrupt(void (*act)(void *context), unsigned instructions,
                       void (*meanwhile)(void *context), void *context);
