/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's maps and programs brought into the kernel. Knows where maps are kept, not what is in
 * them.
 */
#pragma once

#include "proto/error.h"

/* Descriptors; -1: not open. */
struct gate_load {
	int slots, addresses; /* maps of gate_layout.h */
	int program_in, program_out;
};

static const struct gate_load GATE_LOAD_NONE = {-1, -1, -1, -1};

/*
 * Loads the programs with the maps that are in the directory, which it makes if there are none;
 * `directory` NULL: with maps for a trial. What an earlier life loaded from the very same program
 * is taken from the directory: the kernel takes milliseconds to verify one, in which this process
 * gives way to nobody. CODE_DENIED: no privilege. CODE_UNSUPPORTED: this kernel
 * does not take them. CODE_DAMAGED: the maps in the directory are of another shape.
 */
enum code gate_load(struct gate_load *load, const char *directory, struct error *error);
void gate_unload(struct gate_load *load);
